import { randomUUID } from 'node:crypto';
import { BACKEND_KINDS } from '@freeflow/contract';
import { newName } from '../support/activity-harness';
import type { TestInstallation } from '../support/installation';
import { inDatabase } from '../support/master';
import { observeFromOutside, NOTHING, withPostgres } from '../support/outside';
import { restoreMongoUser, restorePostgresDatabase, restoreQdrantCollection } from '../support/restore';
import {
  adopt,
  change,
  createTenant,
  deleteTenant,
  logOf,
  operationEnds,
  parkedStepsOf,
  tenantOf,
  type Tenant,
  untilParkedAt,
} from '../support/tenants';
import { until } from '../support/until';

/**
 * What has come back with other ids, as from a dump, and is adopted.
 * @param given an installation where parked steps try again by themselves in ten minutes only: what goes on here goes
 * on because of the adoption
 */
export function describeAdoption(given: () => TestInstallation): void {
  let installation: TestInstallation;
  let tenants: Tenant[];
  const nextTenant = () => {
    const next = tenants.pop();
    if (next === undefined) throw new Error('there are no more tenants');
    return next;
  };
  beforeAll(async () => {
    installation = given();
    tenants = await Promise.all(Array.from({ length: 2 }, () => createTenant(installation, newName('a'))));
  });

  const ledgerOf = async (id: string) =>
    (
      await installation.master.query<{ kind: string; externalId: string | null; serverId: string }>(
        'SELECT kind, name, state, nonce, "externalId", "serverId", "secretRef" FROM "TenantResource" WHERE "tenantId" = $1 ORDER BY kind',
        [id],
      )
    ).rows;
  const idOf = async (id: string, kind: string) =>
    (await ledgerOf(id)).find((it) => it.kind === kind)?.externalId ?? null;
  const asOwner = (sql: string) =>
    withPostgres(
      inDatabase(installation.info.postgres.url, 'postgres'),
      async (client) => (await client.query<Record<string, unknown>>(sql)).rows,
    );

  test('a foreign database of that name is refused with cause and advice, stays as it is, and what is parked stays parked', async () => {
    const { id, name } = nextTenant();
    const owner = `freeflow_${name}_owner`;
    const [nonce] = await asOwner(`SELECT shobj_description('${owner}'::regrole, 'pg_authid') AS nonce`);
    await restorePostgresDatabase(installation.info, name);
    await installation.request('POST', `/tenants/${id}/suspend`);
    await untilParkedAt(installation, id, 'postgres.disable');
    await asOwner(`COMMENT ON ROLE ${owner} IS 'freeflow:${randomUUID()}'`);

    const before = [
      await ledgerOf(id),
      await observeFromOutside(installation.info, name),
      (await logOf(installation, id)).filter((it) => it.step === 'postgres.disable').length,
    ];
    expect(await adopt(installation, id, 'postgres', { acceptServer: true })).toMatchObject({
      state: 'refused',
      cause: expect.stringContaining("isn't ours"),
      advice: expect.stringContaining('Nothing was changed'),
      evidence: null,
    });
    await until(
      'its run has closed',
      async () =>
        (await installation.operator.client.workflow.getHandle(`adopt-${id}-postgres`).describe()).status.name ===
        'FAILED',
    );
    expect([
      await ledgerOf(id),
      await observeFromOutside(installation.info, name),
      (await logOf(installation, id)).filter((it) => it.step === 'postgres.disable').length,
    ]).toEqual(before);
    expect(await tenantOf(installation, id)).toMatchObject({ operation: { kind: 'suspend', state: 'parked' } });

    await asOwner(`COMMENT ON ROLE ${owner} IS '${String(nonce?.['nonce'])}'`);
    expect(await adopt(installation, id, 'postgres')).toMatchObject({ state: 'done' });
    expect(await operationEnds(installation, id)).toMatchObject({ status: 'suspended' });
    tenants.push(await change(installation, id, 'resume'));
  });

  test('another server is refused until it is accepted explicitly', async () => {
    const { id } = nextTenant();
    const before = await ledgerOf(id);
    await installation.master.query(
      'UPDATE "TenantResource" SET "serverId" = \'postgres:42\' WHERE "tenantId" = $1 AND kind = \'postgres\'',
      [id],
    );
    await installation.request('POST', `/tenants/${id}/suspend`);
    await untilParkedAt(installation, id, 'postgres.disable');
    expect(await adopt(installation, id, 'postgres')).toMatchObject({
      state: 'refused',
      cause: expect.stringContaining('was created on postgres:42'),
    });
    expect(await parkedStepsOf(installation, id)).toEqual(['postgres.disable']);
    expect(await adopt(installation, id, 'postgres', { acceptServer: true })).toMatchObject({ state: 'done' });
    expect(await operationEnds(installation, id)).toMatchObject({ status: 'suspended' });
    expect((await ledgerOf(id)).map(({ kind, serverId }) => ({ kind, serverId }))).toEqual(
      before.map(({ kind, serverId }) => ({ kind, serverId })),
    );
    tenants.push(await change(installation, id, 'resume'));
  });

  test('restored from dumps, a tenant can not be suspended; adopted, it is at once, and comes back; its neighbour is untouched', async () => {
    const [tenant, neighbour] = [nextTenant(), nextTenant()];
    const [theirs, before] = [
      [await ledgerOf(neighbour.id), await observeFromOutside(installation.info, neighbour.name)],
      await ledgerOf(tenant.id),
    ];
    await restorePostgresDatabase(installation.info, tenant.name);
    await restoreMongoUser(installation.info, tenant.name);
    await restoreQdrantCollection(installation.info, tenant.name);

    await installation.request('POST', `/tenants/${tenant.id}/suspend`);
    await untilParkedAt(installation, tenant.id, 'postgres.disable', 'mongodb.disable');
    expect(await tenantOf(installation, tenant.id)).toMatchObject({
      operation: {
        kind: 'suspend',
        state: 'parked',
        cause: expect.stringMatching(/the ledger records/),
        advice: expect.stringContaining('freeflow tenants adopt'),
      },
    });

    const first = await adopt(installation, tenant.id, 'postgres');
    expect(first).toMatchObject({ state: 'done', cause: null });
    await untilParkedAt(installation, tenant.id, 'mongodb.disable');
    const last = await tenantOf(installation, tenant.id);
    expect(last).toMatchObject({ status: 'active', operation: { kind: 'suspend', state: 'parked' } });
    expect((await installation.request('GET', '/tenants?operation=parked&limit=200')).body['items']).toContainEqual(
      expect.objectContaining({ id: tenant.id }),
    );

    expect(await adopt(installation, tenant.id, 'mongodb')).toMatchObject({ state: 'done' });
    expect(await operationEnds(installation, tenant.id)).toMatchObject({
      status: 'suspended',
      operation: { kind: 'suspend', state: 'done' },
    });

    const was = (kind: string) => before.find((it) => it.kind === kind)?.externalId;
    for (const kind of ['postgres', 'mongodb']) expect(await idOf(tenant.id, kind)).not.toBe(was(kind));
    expect(first.evidence).toMatchObject({
      from: { externalId: was('postgres') },
      to: { externalId: await idOf(tenant.id, 'postgres') },
    });
    expect(first.requestedBy).toBe(last.operation.requestedBy);
    const row = (await logOf(installation, tenant.id)).findLast((it) => it.step === 'postgres.adopt');
    expect(row).toMatchObject({
      status: 'success',
      message: expect.stringContaining(
        `${was('postgres') ?? ''} becomes ${(await idOf(tenant.id, 'postgres')) ?? ''}; requested by ${first.requestedBy}`,
      ),
    });

    expect(await change(installation, tenant.id, 'resume')).toMatchObject({ status: 'active' });
    for (const kind of BACKEND_KINDS) {
      expect(await adopt(installation, tenant.id, kind)).toMatchObject({ state: 'done', evidence: null });
      expect((await logOf(installation, tenant.id)).findLast((it) => it.step === `${kind}.adopt`)?.message).toContain(
        'nothing to adopt',
      );
    }
    expect([await ledgerOf(neighbour.id), await observeFromOutside(installation.info, neighbour.name)]).toEqual(theirs);

    expect(await deleteTenant(installation, tenant.id)).toMatchObject({
      status: 'deleted',
      goneAt: expect.any(String),
    });
    expect(await observeFromOutside(installation.info, tenant.name)).toEqual(NOTHING);
    expect(await installation.request('POST', `/tenants/${tenant.id}/adopt`, { backend: 'postgres' })).toMatchObject({
      status: 404,
      body: { code: 'tenant-unknown' },
    });
    // It goes on in the next test.
    tenants.push(neighbour);
  });

  test('a deletion that is parked because of it goes on to its end', async () => {
    const { id, name } = nextTenant();
    await restorePostgresDatabase(installation.info, name);
    await installation.request('DELETE', `/tenants/${id}?mode=hard&force=true`);
    await untilParkedAt(installation, id, 'postgres.drop');
    expect(await adopt(installation, id, 'postgres')).toMatchObject({ state: 'done' });
    expect(await operationEnds(installation, id)).toMatchObject({
      status: 'deleted',
      goneAt: expect.any(String),
      operation: { kind: 'hard_delete', state: 'done' },
    });
    expect(await observeFromOutside(installation.info, name)).toEqual(NOTHING);
  });
}
