import { randomUUID } from 'node:crypto';
import { openHouse, type House } from './house';
import { inDatabase } from './master';
import { asKeycloakAdmin, lookFromOutside, NOTHING, qdrantAsOwner, withMongo, withPostgres } from './outside';
import { restorePostgresDatabase } from './restore';
import { openOperator } from './temporal';
import { askFor, change, createTenant, deleteTenant, operationEnds, tenantOf, type Tenant } from './tenants';
import { until } from './until';
import { newName } from './workbench';

interface Finding { class: string; resource: string | null; name: string | null; id: string | null; tenantId: string | null; what: string; fixable: boolean; fixed: boolean }
interface Report { id: string; requestedBy: string; fix: boolean; counts: Record<string, number>; findings: Finding[] }
interface Drop { state: string; cause: string | null; evidence: unknown; requestedBy: string }

const KINDS = ['postgres', 'mongodb', 'qdrant', 'keycloak'];

let house: House;
let other: House;
let theirs: Tenant;
beforeAll(async () => {
  // No sweep between: what has lost its run stays so.
  [house, other] = await Promise.all([openHouse({ worker: { SWEEP_INTERVAL_MS: '600000' } }), openHouse()]);
  theirs = await createTenant(other, newName('r'));
});
afterAll(async () => {
  // Nothing that was done here has touched the other installation.
  try {
    expect(await reconcile(other)).toMatchObject({ findings: [] });
    await deleteTenant(other, theirs.id);
  } finally {
    await Promise.all([house.close(), other.close()]);
  }
});

const asOwner = (sql: string, database = 'postgres') => withPostgres(inDatabase(house.info.postgres.url, database), async (client) => (await client.query<Record<string, string>>(sql)).rows);
const namesOf = (name: string) => ({ postgres: `freeflow_${name}`, mongodb: `freeflow_${name}`, qdrant: `freeflow_${name}_vectors`, keycloak: `freeflow-${name}` });
const inMongoOf = (name: string, command: Record<string, unknown>) => withMongo(house.info.mongodb.url, (client) => client.db(`freeflow_${name}`).command(command));
const inKeycloak = (method: string, name: string, body?: unknown) => asKeycloakAdmin(house.info, method, `/admin/realms/freeflow-${name}`, body);

/** Asks for a reconciliation and waits for its report. */
async function reconcile(at: House = house, fix = false): Promise<Report> {
  const { status, body, text } = await at.request('POST', '/reconcile', { fix });
  if (status !== 202) throw new Error(text);
  return until('the report is there', async () => {
    const report = await at.request('GET', `/reconcile/${String(body.id)}`);
    return report.status === 200 ? (report.body as unknown as Report) : undefined;
  });
}

async function drop(at: House, resource: string, name: string, externalId: string): Promise<Drop> {
  const { body } = await at.request('POST', '/resources/drop', { resource, name, externalId });
  return until('the drop has ended', async () => {
    const { status, body: it } = await at.request('GET', `/resources/drops/${String(body.id)}`);
    return status === 200 && it['state'] !== 'running' ? (it as unknown as Drop) : undefined;
  });
}

/** What was found, in short and in order. */
const inShort = ({ findings }: Report) => findings.map((it) => `${it.class} ${it.resource ?? 'operation'} ${it.name ?? '-'}: ${it.what}${it.fixable ? ' (fixable)' : ''}${it.fixed ? ' (fixed)' : ''}`).sort();

test('a clean house reports nothing, whatever its tenants are: active, suspended, soft-deleted, gone', async () => {
  const [active, suspended, deleted, gone] = await Promise.all([1, 2, 3, 4].map(() => createTenant(house, newName('r'))));
  await Promise.all([change(house, suspended?.id ?? '', 'suspend'), change(house, deleted?.id ?? '', 'delete'), deleteTenant(house, gone?.id ?? '')]);
  const report = await reconcile();
  expect(inShort(report)).toEqual([]);
  expect(report).toMatchObject({ fix: false, counts: { resources: 12, missing: 0, orphan: 0, drifted: 0, stale: 0, unknown: 0, fixed: 0 } });
  expect((await house.request('GET', '/reconcile')).body).toEqual(report);
  // Mended where nothing is wrong, nothing is touched.
  const before = await lookFromOutside(house.info, active?.name ?? '');
  expect(inShort(await reconcile(house, true))).toEqual([]);
  expect(await lookFromOutside(house.info, active?.name ?? '')).toEqual(before);
  await Promise.all([active, suspended, deleted].map((it) => deleteTenant(house, it?.id ?? '')));
});

test('what is missing is named, whole or in part, and fix makes nothing', async () => {
  const [a, b] = await Promise.all([createTenant(house, newName('r')), createTenant(house, newName('r'))]);
  const [ofA, ofB] = [namesOf(a.name), namesOf(b.name)];
  await inKeycloak('DELETE', a.name);
  await qdrantAsOwner(house.info).deleteCollection(ofA.qdrant);
  await inMongoOf(a.name, { dropUser: ofA.mongodb });
  await inMongoOf(a.name, { dropDatabase: 1 });
  await asOwner(`DROP DATABASE ${ofA.postgres}`);
  await inMongoOf(b.name, { dropDatabase: 1 });
  await asOwner(`REVOKE ALL ON DATABASE ${ofB.postgres} FROM ${ofB.postgres}_app`);
  await asOwner(`DROP OWNED BY ${ofB.postgres}_app`, ofB.postgres);
  await asOwner(`DROP ROLE ${ofB.postgres}_app`);
  const expected = [
    `missing keycloak ${ofA.keycloak}: there is no ${ofA.keycloak}`,
    `missing mongodb ${ofA.mongodb}: there is no ${ofA.mongodb}`,
    `missing postgres ${ofA.postgres}: only a part of it is there: there is no database ${ofA.postgres}`,
    `missing qdrant ${ofA.qdrant}: only a part of it is there: there is no collection ${ofA.qdrant}`,
    `missing mongodb ${ofB.mongodb}: there is no database ${ofB.mongodb}`,
    `missing postgres ${ofB.postgres}: there is no role ${ofB.postgres}_app`,
  ].sort();
  expect(inShort(await reconcile())).toEqual(expected);
  expect(inShort(await reconcile(house, true))).toEqual(expected);
  await Promise.all([a, b].map((it) => deleteTenant(house, it.id)));
  expect(inShort(await reconcile())).toEqual([]);
});

test('what has drifted is named; fix mends access and grants, and leaves to people what may have a reason', async () => {
  const { id, name } = await createTenant(house, newName('r'));
  const { postgres, mongodb, qdrant, keycloak } = namesOf(name);
  const stranger = `reader_${name}`;
  await asOwner(`CREATE ROLE ${stranger}; ALTER ROLE ${postgres}_app NOLOGIN; ALTER DATABASE ${postgres} ALLOW_CONNECTIONS false;
    GRANT CONNECT ON DATABASE ${postgres} TO PUBLIC; REVOKE TEMPORARY ON DATABASE ${postgres} FROM ${postgres}_app; GRANT CONNECT ON DATABASE ${postgres} TO ${stranger}`);
  await inMongoOf(name, { grantRolesToUser: mongodb, roles: [{ role: 'read', db: `freeflow_${theirs.name}` }] });
  await qdrantAsOwner(house.info).delete('freeflow_registry', { wait: true, filter: { must: [{ key: 'collection', match: { value: qdrant } }] } });
  await inKeycloak('PUT', name, { enabled: false, bruteForceProtected: false });
  const safe = [
    `drifted keycloak ${keycloak}: realm ${keycloak} is disabled`,
    `drifted mongodb ${mongodb}: user ${mongodb} has read on freeflow_${theirs.name}, readWrite on ${mongodb}, should have readWrite on ${mongodb}`,
    `drifted postgres ${postgres}: PUBLIC has CONNECT`,
    `drifted postgres ${postgres}: ${postgres}_app lacks TEMPORARY`,
    `drifted postgres ${postgres}: ${postgres}_app may not log in`,
    `drifted postgres ${postgres}: database ${postgres} takes no connections`,
    `drifted qdrant ${qdrant}: its token is not registered`,
  ];
  const unsafe = [`drifted keycloak ${keycloak}: bruteForceProtected is false, was made true`, `drifted postgres ${postgres}: ${stranger} has CONNECT`];
  expect(inShort(await reconcile())).toEqual([...safe.map((it) => `${it} (fixable)`), ...unsafe].sort());
  expect(inShort(await reconcile(house, true))).toEqual([...safe.map((it) => `${it} (fixable) (fixed)`), ...unsafe].sort());
  expect(inShort(await reconcile())).toEqual([...unsafe].sort());
  await asOwner(`REVOKE ALL ON DATABASE ${postgres} FROM ${stranger}; DROP ROLE ${stranger}`);
  await inKeycloak('PUT', name, { bruteForceProtected: true });
  expect(inShort(await reconcile())).toEqual([]);

  // The same the other way round: what is to be shut and is open.
  await change(house, id, 'suspend');
  await asOwner(`ALTER ROLE ${postgres}_app LOGIN`);
  await inMongoOf(name, { grantRolesToUser: mongodb, roles: [{ role: 'readWrite', db: mongodb }] });
  await inKeycloak('PUT', name, { enabled: true });
  const open = [
    `drifted keycloak ${keycloak}: realm ${keycloak} is enabled (fixable)`,
    `drifted mongodb ${mongodb}: user ${mongodb} has readWrite on ${mongodb}, should have no role (fixable)`,
    `drifted postgres ${postgres}: ${postgres}_app may log in (fixable)`,
  ];
  expect(inShort(await reconcile())).toEqual(open);
  expect(inShort(await reconcile(house, true))).toEqual(open.map((it) => `${it} (fixed)`));
  expect(inShort(await reconcile())).toEqual([]);
  await deleteTenant(house, id);
});

test('credentials that are not the stored ones, another id, another vector size are named; fix leaves them, but for what an enable of MongoDB sets', async () => {
  const { id, name } = await createTenant(house, newName('r'));
  const { postgres, mongodb, qdrant, keycloak } = namesOf(name);
  await asOwner(`ALTER ROLE ${postgres}_app PASSWORD 'another'`);
  await inMongoOf(name, { updateUser: mongodb, pwd: 'another' });
  const { body: clients } = await asKeycloakAdmin(house.info, 'GET', `/admin/realms/${keycloak}/clients?clientId=freeflow-app`);
  await asKeycloakAdmin(house.info, 'PUT', `/admin/realms/${keycloak}/clients/${(clients as { id: string }[])[0]?.id ?? ''}`, { secret: 'another' });
  const client = qdrantAsOwner(house.info);
  const { metadata } = (await client.getCollection(qdrant)).config;
  await client.deleteCollection(qdrant);
  await client.createCollection(qdrant, { vectors: { size: 7, distance: 'Dot' }, metadata: metadata ?? {} });
  const left = [
    `drifted keycloak ${keycloak}: the stored secret of client freeflow-app isn't taken`,
    `drifted postgres ${postgres}: the password of ${postgres}_app isn't the stored one`,
    `drifted qdrant ${qdrant}: its vectors are 7 Dot, configured are 1536 Cosine`,
  ];
  const mongo = `drifted mongodb ${mongodb}: the password of user ${mongodb} isn't the stored one (fixable)`;
  expect(inShort(await reconcile())).toEqual([...left, mongo].sort());
  expect(inShort(await reconcile(house, true))).toEqual([...left, `${mongo} (fixed)`].sort());
  await restorePostgresDatabase(house.info, name);
  expect(inShort(await reconcile())).toContainEqual(expect.stringMatching(new RegExp(`^drifted postgres ${postgres}: its id is \\d+, recorded is \\d+$`)));
  await house.request('POST', `/tenants/${id}/adopt`, { resource: 'postgres' });
  await until('it is adopted', async () => !inShort(await reconcile()).some((it) => it.includes('recorded is')));
  expect(inShort(await reconcile())).toEqual(left);
  await deleteTenant(house, id);
});

test('an operation that has lost its run, or never had one, is stale; fix starts it again', async () => {
  const { id, name } = await createTenant(house, newName('r'));
  const operator = await openOperator(house.info);
  const next = newName('r');
  try {
    const asked = randomUUID();
    await house.master.query(`INSERT INTO "TenantOperation" (id, "tenantId", kind, "requestedBy", "updatedAt") VALUES ($1, $2, 'suspend', 'test', now() - interval '1 minute')`, [asked, id]);
    expect(inShort(await reconcile())).toEqual([expect.stringMatching(new RegExp(`^stale operation ${name}: suspend, asked for at .* was never started \\(fixable\\)$`))]);

    // One whose run is ended before it has done anything.
    await house.startWorker.length;
    const created = await askFor(house, next);
    await operator.client.workflow.getHandle(`tenant-${created}`).terminate('by mistake').catch(() => undefined);
    await until('it stands or has ended', async () => (await tenantOf(house, created)).operation !== null);
    const isOpen = (await tenantOf(house, created)).operation.state !== 'done';
    await house.master.query(`UPDATE "TenantOperation" SET "updatedAt" = now() - interval '1 minute' WHERE "tenantId" = $1 AND "endedAt" IS NULL`, [created]);
    expect(inShort(await reconcile())).toHaveLength(isOpen ? 2 : 1);
    const fixed = await reconcile(house, true);
    expect(fixed.findings.filter((it) => it.class === 'stale' && it.fixed)).toHaveLength(isOpen ? 2 : 1);
    expect(await operationEnds(house, id)).toMatchObject({ status: 'suspended', operation: { id: asked, state: 'done' } });
    expect(await operationEnds(house, created)).toMatchObject({ status: 'active' });
    expect(inShort(await reconcile())).toEqual([]);
    await Promise.all([id, created].map((it) => deleteTenant(house, it)));
  } finally {
    await operator.close();
  }
});

test('of another server nothing is concluded', async () => {
  const { id, name } = await createTenant(house, newName('r'));
  const { rows } = await house.master.query<{ kind: string; serverId: string }>('SELECT kind, "serverId" FROM "TenantResource" WHERE "tenantId" = $1', [id]);
  await house.master.query(`UPDATE "TenantResource" SET "serverId" = kind || ':42' WHERE "tenantId" = $1`, [id]);
  const names = namesOf(name);
  expect(inShort(await reconcile(house, true))).toEqual(KINDS.map((kind) => `unknown ${kind} ${names[kind as 'postgres']}: this is ${rows.find((it) => it.kind === kind)?.serverId ?? ''}, recorded is ${kind}:42`).sort());
  for (const { kind, serverId } of rows) await house.master.query('UPDATE "TenantResource" SET "serverId" = $3 WHERE "tenantId" = $1 AND kind = $2::"BackendKind"', [id, kind, serverId]);
  expect(inShort(await reconcile())).toEqual([]);
  await deleteTenant(house, id);
});

test('an orphan is named, is dropped only by its own installation, by its own id, and only when nobody has it', async () => {
  const [a, living] = await Promise.all([createTenant(house, newName('r')), createTenant(house, newName('r'))]);
  const names = namesOf(a.name);
  // As after a restore of the master database: nothing there knows of it any more.
  for (const table of ['TenantProvisionLog', 'TenantConnection', 'TenantSecret', 'TenantOperation', 'TenantResource']) await house.master.query(`DELETE FROM "${table}" WHERE "tenantId" = $1`, [a.id]);
  await house.master.query('DELETE FROM "Tenant" WHERE id = $1', [a.id]);
  const { findings } = await reconcile();
  expect(findings.map((it) => ({ ...it, id: null }))).toEqual(KINDS.map((kind) => ({
    class: 'orphan', resource: kind, name: names[kind as 'postgres'], id: null, tenantId: null, what: 'the ledger knows nothing of it', fixable: false, fixed: false,
  })));
  expect((await reconcile(house, true)).findings).toEqual(findings);
  const seen = await lookFromOutside(house.info, a.name);
  const idOf = (kind: string) => findings.find((it) => it.resource === kind)?.id ?? '';
  expect(idOf('postgres')).toBe(seen.postgres?.oid);
  expect(idOf('keycloak')).toBe(seen.keycloak?.id);

  const before = await lookFromOutside(house.info, living.name);
  const { rows } = await house.master.query<{ kind: string; name: string; id: string }>('SELECT kind, name, coalesce("externalId", nonce::text) AS id FROM "TenantResource" WHERE "tenantId" = $1', [living.id]);
  for (const kind of KINDS) {
    expect(await drop(house, kind, names[kind as 'postgres'], '42')).toMatchObject({ state: 'refused', cause: expect.stringContaining('has another id than 42') });
    // Not theirs, and not ours: the one of the other house.
    expect(await drop(other, kind, names[kind as 'postgres'], idOf(kind))).toMatchObject({ state: 'refused', cause: expect.stringContaining('another installation made it') });
    const row = rows.find((it) => it.kind === kind);
    expect(await drop(house, kind, row?.name ?? '', row?.id ?? '')).toMatchObject({ state: 'refused', cause: expect.stringContaining('no orphan of this installation') });
  }
  expect(await drop(house, 'postgres', 'freeflow_nobody', '1')).toMatchObject({ state: 'refused', cause: expect.stringContaining('nothing of the name') });
  expect([await lookFromOutside(house.info, a.name), await lookFromOutside(house.info, living.name)]).toEqual([seen, before]);

  for (const kind of KINDS) expect(await drop(house, kind, names[kind as 'postgres'], idOf(kind))).toMatchObject({ state: 'done', cause: null, requestedBy: expect.any(String), evidence: expect.arrayContaining([expect.objectContaining({ answer: 'absent' })]) });
  expect(await lookFromOutside(house.info, a.name)).toEqual(NOTHING);
  expect(inShort(await reconcile())).toEqual([]);
  await deleteTenant(house, living.id);
});

test('what the ledger calls absent and is there is an orphan; while its tenant lives it is not dropped', async () => {
  const { id, name } = await createTenant(house, newName('r'));
  const { postgres } = namesOf(name);
  await house.master.query(`UPDATE "TenantResource" SET state = 'absent' WHERE "tenantId" = $1 AND kind = 'postgres'`, [id]);
  const { findings: [orphan] } = await reconcile();
  expect(orphan).toMatchObject({ class: 'orphan', resource: 'postgres', name: postgres, tenantId: id, what: 'the ledger says that it is absent' });
  expect(await drop(house, 'postgres', postgres, orphan?.id ?? '')).toMatchObject({ state: 'refused', cause: expect.stringContaining(`tenant ${name} has, which is not gone`) });
  await house.master.query(`UPDATE "TenantResource" SET state = 'present' WHERE "tenantId" = $1 AND kind = 'postgres'`, [id]);
  await deleteTenant(house, id);
});
