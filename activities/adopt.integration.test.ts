import { randomUUID } from 'node:crypto';
import { BACKEND_KINDS, type BackendKind } from '@freeflow/contract';
import { ApplicationFailure } from '@temporalio/common';
import { openActivityHarness, type ActivityHarness } from '../test/support/activity-harness';
import { inDatabase } from '../test/support/master';
import { asKeycloakAdmin, observeFromOutside, NOTHING, qdrantAsOwner, withPostgres } from '../test/support/outside';
import { restoreMongoUser, restorePostgresDatabase, restoreQdrantCollection } from '../test/support/restore';

const ANOTHER_SERVER = 'another:42';

let harness: ActivityHarness;
beforeAll(async () => {
  harness = await openActivityHarness();
});
afterAll(() => harness.close());

type MadeTenant = Awaited<ReturnType<ActivityHarness['newTenant']>>;

const ledgerOf = ({ tenantId }: MadeTenant, kind: BackendKind) =>
  harness.db.tenantResource.findUniqueOrThrow({ where: { tenantId_kind: { tenantId, kind } } });
const recordedAs = (
  { tenantId }: MadeTenant,
  kind: BackendKind,
  data: { externalId?: string; serverId?: string | null },
) => harness.db.tenantResource.update({ where: { tenantId_kind: { tenantId, kind } }, data });
const asOwner = (sql: string) =>
  withPostgres(
    inDatabase(harness.info.postgres.url, 'postgres'),
    async (client) => (await client.query<Record<string, unknown>>(sql)).rows,
  );

async function createTenant(kind: BackendKind): Promise<MadeTenant> {
  const tenant = await harness.newTenant();
  await harness.run(`${kind}.create`, tenant);
  return tenant;
}

/** An adoption that is at work, beside whatever else is. */
async function adoptionOf({ tenantId }: MadeTenant, backend: BackendKind, acceptServer = false) {
  const runId = randomUUID();
  const { id: operationId } = await harness.db.tenantOperation.create({
    data: { tenantId, kind: 'adopt', backend, acceptServer, state: 'running', requestedBy: 'somebody', runId },
  });
  const run = () => harness.run(`${backend}.adopt`, { tenantId, operationId, runId });
  const end = () =>
    harness.db.tenantOperation.update({ where: { id: operationId }, data: { state: 'done', endedAt: new Date() } });
  const row = async () => harness.db.tenantProvisionLog.findFirst({ where: { operationId }, orderBy: { seq: 'desc' } });
  return {
    operationId,
    run,
    end,
    row,
    evidence: async () => (await harness.db.tenantOperation.findUniqueOrThrow({ where: { id: operationId } })).evidence,
  };
}

/** Adopts in vain, and sees that nothing has changed, in the ledger or outside; gives what the log says of it. */
async function refusalOf(tenant: MadeTenant, kind: BackendKind, acceptServer = false): Promise<string> {
  const before = [await ledgerOf(tenant, kind), await observeFromOutside(harness.info, tenant.name)];
  const adoption = await adoptionOf(tenant, kind, acceptServer);
  await expect(adoption.run()).rejects.toBeInstanceOf(ApplicationFailure);
  expect([await ledgerOf(tenant, kind), await observeFromOutside(harness.info, tenant.name)]).toEqual(before);
  expect(await adoption.evidence()).toBeNull();
  await adoption.end();
  const row = await adoption.row();
  expect(row).toMatchObject({ step: `${kind}.adopt`, status: 'error' });
  return row?.message ?? '';
}

describe.each(BACKEND_KINDS)('%s', (kind) => {
  /** Made by the first test, dropped by the last. */
  let tenant: MadeTenant;

  test('what is as recorded: nothing to adopt', async () => {
    tenant = await createTenant(kind);
    const before = [await ledgerOf(tenant, kind), await observeFromOutside(harness.info, tenant.name)];
    const adoption = await adoptionOf(tenant, kind);
    await adoption.run();
    expect([await ledgerOf(tenant, kind), await observeFromOutside(harness.info, tenant.name)]).toEqual(before);
    expect(await adoption.row()).toMatchObject({
      status: 'success',
      message: expect.stringContaining('nothing to adopt'),
    });
    await adoption.end();
  });

  test('another server is adopted where that is requested, with the address at which tenants find it, and refused where it is not; an attempt whose report got lost reports the same once more', async () => {
    const connections = () =>
      harness.db.tenantConnection.findMany({
        where: { tenantId: tenant.tenantId },
        select: { service: true, host: true, port: true, options: true, secretRef: true },
      });
    const recorded = await connections();
    await harness.db.tenantConnection.updateMany({
      where: { tenantId: tenant.tenantId },
      data: { host: 'old', options: {} },
    });
    const { serverId, externalId } = await ledgerOf(tenant, kind);
    await recordedAs(tenant, kind, { serverId: ANOTHER_SERVER });
    await expect(harness.run(`${kind}.drop`, tenant)).rejects.toMatchObject({ type: 'unknown-server' });
    expect(await refusalOf(tenant, kind)).toMatch(/was created on another:42/);
    const adoption = await adoptionOf(tenant, kind, true);
    await adoption.run();
    const told = (await adoption.row())?.message;
    expect(await ledgerOf(tenant, kind)).toMatchObject({ serverId, externalId, state: 'present' });
    expect(await adoption.evidence()).toMatchObject({
      from: { serverId: ANOTHER_SERVER },
      to: { serverId },
      requestedBy: 'somebody',
    });
    expect(await adoption.row()).toMatchObject({
      status: 'success',
      message: expect.stringMatching(/another:42 becomes .*requested by somebody$/),
    });
    expect(await connections()).toEqual(recorded);
    // An attempt whose report got lost.
    await adoption.run();
    expect((await adoption.row())?.message).toBe(told);
    await adoption.end();
  });

  test('an adoption that has ended, or has another run, does nothing any more', async () => {
    const { serverId } = await ledgerOf(tenant, kind);
    await recordedAs(tenant, kind, { serverId: ANOTHER_SERVER });
    const adoption = await adoptionOf(tenant, kind, true);
    await adoption.end();
    await expect(adoption.run()).rejects.toMatchObject({ type: 'superseded' });
    expect((await ledgerOf(tenant, kind)).serverId).toBe(ANOTHER_SERVER);
    await recordedAs(tenant, kind, { serverId });
  });

  test('what is not there, was dropped, or was never created is refused', async () => {
    const another = await harness.newTenant();
    const never = await adoptionOf(another, kind, true);
    await expect(never.run()).rejects.toMatchObject({ type: 'not-adoptable', nonRetryable: true });
    await never.end();
    await harness.run(`${kind}.drop`, tenant);
    expect(await observeFromOutside(harness.info, tenant.name)).toEqual(NOTHING);
    expect(await refusalOf(tenant, kind, true)).toMatch(/the ledger records no resource/);
    // As when the server was restored from before its making.
    await harness.db.tenantResource.update({
      where: { tenantId_kind: { tenantId: tenant.tenantId, kind } },
      data: { state: 'present' },
    });
    expect(await refusalOf(tenant, kind, true)).toMatch(/there is no freeflow/);
  });
});

test.each([
  ['postgres', restorePostgresDatabase],
  ['mongodb', restoreMongoUser],
] as const)(
  '%s: restored with its nonce it has another id; adopted, everything goes on; its neighbour stays as it is',
  async (kind, restore) => {
    const [tenant, neighbour] = [await createTenant(kind), await createTenant(kind)];
    const [before, theirs] = [await ledgerOf(tenant, kind), await ledgerOf(neighbour, kind)];
    await restore(harness.info, tenant.name);
    await expect(harness.run(`${kind}.disable`, tenant)).rejects.toMatchObject({ type: 'changed-resource' });
    const adoption = await adoptionOf(tenant, kind);
    await adoption.run();
    const after = await ledgerOf(tenant, kind);
    expect(after.externalId).not.toBe(before.externalId);
    expect({ ...after, externalId: before.externalId, updatedAt: before.updatedAt }).toEqual(before);
    expect(await adoption.evidence()).toMatchObject({
      from: { externalId: before.externalId },
      to: { externalId: after.externalId },
    });
    expect((await adoption.row())?.message).toContain(
      `its id ${before.externalId ?? ''} becomes ${after.externalId ?? ''}`,
    );
    await harness.run(`${kind}.disable`, tenant);
    await harness.run(`${kind}.enable`, tenant);
    expect(await ledgerOf(neighbour, kind)).toEqual(theirs);
    for (const it of [tenant, neighbour]) await harness.run(`${kind}.drop`, it);
    expect(await observeFromOutside(harness.info, tenant.name)).toEqual(NOTHING);
  },
);

test('qdrant: a collection has no id but its name, so restored with its nonce there is nothing to adopt', async () => {
  const tenant = await createTenant('qdrant');
  await restoreQdrantCollection(harness.info, tenant.name);
  const before = await ledgerOf(tenant, 'qdrant');
  await (await adoptionOf(tenant, 'qdrant')).run();
  expect(await ledgerOf(tenant, 'qdrant')).toEqual(before);
  await harness.run('qdrant.disable', tenant);
  await harness.run('qdrant.drop', tenant);
});

describe('what does not carry our nonce is refused and left alone', () => {
  test('a foreign database beside our roles', async () => {
    const tenant = await createTenant('postgres');
    const database = `freeflow_${tenant.name}`;
    await asOwner(`DROP DATABASE ${database}`);
    await asOwner(`CREATE DATABASE ${database}`);
    expect(await refusalOf(tenant, 'postgres', true)).toMatch(
      /only a part of .* carries the ownership nonce: database .* belongs to/,
    );
    await asOwner(`DROP DATABASE ${database}`);
    expect(await refusalOf(tenant, 'postgres', true)).toMatch(/there is no database/);
    await harness.run('postgres.drop', tenant);
  });

  test('the very database, whose owner carries another nonce', async () => {
    const tenant = await createTenant('postgres');
    const owner = `freeflow_${tenant.name}_owner`;
    const [nonce] = await asOwner(`SELECT shobj_description('${owner}'::regrole, 'pg_authid') AS nonce`);
    await asOwner(`COMMENT ON ROLE ${owner} IS 'freeflow:${randomUUID()}'`);
    expect(await refusalOf(tenant, 'postgres', true)).toMatch(/exists and isn't ours/);
    await asOwner(`COMMENT ON ROLE ${owner} IS '${String(nonce?.['nonce'])}'`);
    await harness.run('postgres.drop', tenant);
  });

  test('a MongoDB user with another nonce', async () => {
    const tenant = await createTenant('mongodb');
    const { nonce } = await ledgerOf(tenant, 'mongodb');
    await restoreMongoUser(harness.info, tenant.name, { freeflowNonce: randomUUID() });
    expect(await refusalOf(tenant, 'mongodb', true)).toMatch(/isn't ours/);
    await restoreMongoUser(harness.info, tenant.name, { freeflowNonce: nonce });
    await (await adoptionOf(tenant, 'mongodb')).run();
    await harness.run('mongodb.drop', tenant);
  });

  test('a foreign collection beside the point of our token', async () => {
    const tenant = await createTenant('qdrant');
    const collection = `freeflow_${tenant.name}_vectors`;
    await qdrantAsOwner(harness.info).deleteCollection(collection);
    expect(await refusalOf(tenant, 'qdrant', true)).toMatch(/there is no collection/);
    await qdrantAsOwner(harness.info).createCollection(collection, { vectors: { size: 2, distance: 'Dot' } });
    expect(await refusalOf(tenant, 'qdrant', true)).toMatch(
      /only a part of .* carries the ownership nonce: collection .* isn't ours/,
    );
    await qdrantAsOwner(harness.info).deleteCollection(collection);
    await harness.run('qdrant.drop', tenant);
  });

  test('a realm of that name with another id', async () => {
    const tenant = await createTenant('keycloak');
    const realm = `freeflow-${tenant.name}`;
    await asKeycloakAdmin(harness.info, 'DELETE', `/admin/realms/${realm}`);
    await asKeycloakAdmin(harness.info, 'POST', '/admin/realms', { realm, enabled: true });
    expect(await refusalOf(tenant, 'keycloak', true)).toMatch(/may not read it/);
    await asKeycloakAdmin(harness.info, 'DELETE', `/admin/realms/${realm}`);
    await harness.run('keycloak.drop', tenant);
  });
});

test('a forced deletion that begins leaves an adoption at work alone', async () => {
  const tenant = await harness.newTenant('hard_delete');
  const { operationId, end } = await adoptionOf(tenant, 'postgres');
  await harness.run('begin', tenant);
  expect(await harness.db.tenantOperation.findUniqueOrThrow({ where: { id: operationId } })).toMatchObject({
    state: 'running',
    endedAt: null,
  });
  await end();
});
