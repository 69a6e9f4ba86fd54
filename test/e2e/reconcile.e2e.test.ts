import { randomUUID } from 'node:crypto';
import { newName, openActivityHarness, type ActivityHarness } from '../support/activity-harness';
import { openTestInstallation, type TestInstallation } from '../support/installation';
import { inDatabase } from '../support/master';
import {
  asKeycloakAdmin,
  observeFromOutside,
  NOTHING,
  qdrantAsOwner,
  withMongo,
  withPostgres,
} from '../support/outside';
import {
  dropHere,
  dropIn as drop,
  inShort,
  KINDS,
  namesOf,
  reconcileHere,
  reconcileIn,
  type Report,
} from '../support/reconciler';
import { restorePostgresDatabase } from '../support/restore';
import { openOperator } from '../support/temporal';
import { change, createTenant, deleteTenant, operationEnds, tenantOf, type Tenant } from '../support/tenants';
import { until } from '../support/until';

let installation: TestInstallation;
/** Another installation beside it, whose worker is this process. */
let other: ActivityHarness;
let theirs: Awaited<ReturnType<ActivityHarness['newTenant']>>;
/** These go through all tests, which leave them as they were but for the last one. */
let active: Tenant;
let suspended: Tenant;
let deleted: Tenant;
/** That of which the servers are told other things than it has on record; then no record is left of it. */
let altered: Tenant;
beforeAll(async () => {
  [installation, other] = await Promise.all([
    // No sweep between: what has lost its run stays so.
    openTestInstallation({ worker: { SWEEP_INTERVAL_MS: '600000' } }),
    openActivityHarness(),
  ]);
  theirs = await other.newTenant('create', newName('r'));
  for (const kind of KINDS) await other.run(`${kind}.create`, theirs);
  await other.db.tenant.update({ where: { id: theirs.tenantId }, data: { status: 'active' } });
  await setTheirOperation({ state: 'done', endedAt: new Date() });
});
afterAll(() => Promise.all([installation.close(), other.close()]));

const setTheirOperation = (data: { state: 'done' | 'running'; endedAt: Date | null }) =>
  other.db.tenantOperation.updateMany({ where: { tenantId: theirs.tenantId }, data });
const asOwner = (sql: string, database = 'postgres') =>
  withPostgres(
    inDatabase(installation.info.postgres.url, database),
    async (client) => (await client.query<Record<string, string>>(sql)).rows,
  );
const inMongoOf = (name: string, command: Record<string, unknown>) =>
  withMongo(installation.info.mongodb.url, (client) => client.db(`freeflow_${name}`).command(command));
const inKeycloak = (method: string, name: string, body?: unknown) =>
  asKeycloakAdmin(installation.info, method, `/admin/realms/freeflow-${name}`, body);

const reconcile = (fix = false) => reconcileIn(installation, fix);

test('a clean installation reports nothing, whatever its tenants are: active, suspended, soft-deleted', async () => {
  const [another, third] = await Promise.all([
    createTenant(installation, newName('r')),
    createTenant(installation, newName('r')),
  ]);
  [active, suspended, deleted] = await Promise.all([
    createTenant(installation, newName('r')),
    change(installation, another.id, 'suspend'),
    change(installation, third.id, 'delete'),
  ]);
  const report = await reconcile();
  expect(inShort(report)).toEqual([]);
  expect(report).toMatchObject({
    fix: false,
    counts: { resources: 12, missing: 0, orphan: 0, drifted: 0, stale: 0, unknown: 0, fixed: 0 },
  });
  expect((await installation.request('GET', '/reconcile')).body).toEqual(report);
  // Where nothing is wrong, a fix touches nothing.
  const before = await observeFromOutside(installation.info, active.name);
  expect(inShort(await reconcile(true))).toEqual([]);
  expect(await observeFromOutside(installation.info, active.name)).toEqual(before);
});

test('what has drifted is named; fix repairs access and grants, and leaves to people what may have a reason', async () => {
  const { id, name } = active;
  const { postgres, mongodb, qdrant, keycloak } = namesOf(name);
  const stranger = `reader_${name}`;
  await asOwner(`CREATE ROLE ${stranger}; ALTER ROLE ${postgres}_app NOLOGIN; ALTER DATABASE ${postgres} ALLOW_CONNECTIONS false;
    GRANT CONNECT ON DATABASE ${postgres} TO PUBLIC; REVOKE TEMPORARY ON DATABASE ${postgres} FROM ${postgres}_app; GRANT CONNECT ON DATABASE ${postgres} TO ${stranger}`);
  await inMongoOf(name, { grantRolesToUser: mongodb, roles: [{ role: 'read', db: `freeflow_${theirs.name}` }] });
  await qdrantAsOwner(installation.info).delete('freeflow_registry', {
    wait: true,
    filter: { must: [{ key: 'collection', match: { value: qdrant } }] },
  });
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
  const unsafe = [
    `drifted keycloak ${keycloak}: bruteForceProtected is false, was created as true`,
    `drifted postgres ${postgres}: ${stranger} has CONNECT`,
  ];
  expect(inShort(await reconcile())).toEqual([...safe.map((it) => `${it} (fixable)`), ...unsafe].sort());
  expect(inShort(await reconcile(true))).toEqual([...safe.map((it) => `${it} (fixable) (fixed)`), ...unsafe].sort());
  expect(inShort(await reconcile())).toEqual([...unsafe].sort());
  await asOwner(`REVOKE ALL ON DATABASE ${postgres} FROM ${stranger}; DROP ROLE ${stranger}`);
  await inKeycloak('PUT', name, { bruteForceProtected: true });
  expect(inShort(await reconcile())).toEqual([]);

  // The same the other way round: what is to be shut and is open.
  await change(installation, id, 'suspend');
  await asOwner(`ALTER ROLE ${postgres}_app LOGIN`);
  await inMongoOf(name, { grantRolesToUser: mongodb, roles: [{ role: 'readWrite', db: mongodb }] });
  await inKeycloak('PUT', name, { enabled: true });
  const open = [
    `drifted keycloak ${keycloak}: realm ${keycloak} is enabled (fixable)`,
    `drifted mongodb ${mongodb}: user ${mongodb} has readWrite on ${mongodb}, should have no role (fixable)`,
    `drifted postgres ${postgres}: ${postgres}_app may log in (fixable)`,
  ];
  expect(inShort(await reconcile())).toEqual(open);
  expect(inShort(await reconcile(true))).toEqual(open.map((it) => `${it} (fixed)`));
  expect(inShort(await reconcile())).toEqual([]);
  await change(installation, id, 'resume');
});

test('an operation that has lost its run, or never had one, is stale; fix starts it again', async () => {
  const [a, b] = [active, await change(installation, suspended.id, 'resume')];
  await installation.master.query(
    `INSERT INTO "TenantOperation" (id, "tenantId", kind, "requestedBy") VALUES ($1, $2, 'suspend', 'test')`,
    [randomUUID(), a.id],
  );
  // Held up at its first step, then ended from outside.
  const setServer = (change: string) =>
    installation.master.query(
      `UPDATE "TenantResource" SET "serverId" = ${change} WHERE "tenantId" = $1 AND kind = 'postgres'`,
      [b.id],
    );
  await setServer(`"serverId" || '-away'`);
  await installation.request('POST', `/tenants/${b.id}/suspend`);
  await until('it is held up', async () => (await tenantOf(installation, b.id)).operation.step === 'postgres.disable');
  expect(inShort(await reconcile())).toEqual([]);
  const operator = await openOperator(installation.info);
  await operator.client.workflow.getHandle(`tenant-${b.id}`).terminate('by mistake');
  await operator.close();
  await setServer(`replace("serverId", '-away', '')`);
  // What is still at work of it may record an attempt yet: then it would be young again.
  const makeOld = () =>
    installation.master.query(
      `UPDATE "TenantOperation" SET "updatedAt" = now() - interval '1 minute' WHERE "endedAt" IS NULL`,
    );

  const shown = ({ findings }: Report) =>
    Object.fromEntries(
      findings.map((it) => [
        it.name,
        `${it.class}: ${it.what.replace(/requested at \S+/, '')}${it.fixed ? ' (fixed)' : ''}`,
      ]),
    );
  const expected = (suffix: string) => ({
    [a.name]: `stale: suspend,  was never started${suffix}`,
    [b.name]: `stale: suspend,  has lost its run${suffix}`,
  });
  const found = await until('nothing of it is at work any more', async () => {
    await makeOld();
    const stale = shown(await reconcile());
    return b.name in stale && stale;
  });
  expect(found).toEqual(expected(''));
  expect(shown(await reconcile(true))).toEqual(expected(' (fixed)'));
  for (const { id } of [a, b])
    expect(await operationEnds(installation, id)).toMatchObject({
      status: 'suspended',
      operation: { kind: 'suspend', state: 'done' },
    });
  expect(inShort(await reconcile())).toEqual([]);
  await change(installation, active.id, 'resume');
});

test('of another server nothing is concluded', async () => {
  const { id, name } = active;
  const { rows } = await installation.master.query<{ kind: string; serverId: string }>(
    'SELECT kind, "serverId" FROM "TenantResource" WHERE "tenantId" = $1',
    [id],
  );
  await installation.master.query(`UPDATE "TenantResource" SET "serverId" = kind || ':42' WHERE "tenantId" = $1`, [id]);
  const names = namesOf(name);
  expect(inShort(await reconcile(true))).toEqual(
    KINDS.map(
      (kind) =>
        `unknown ${kind} ${names[kind]}: this is ${rows.find((it) => it.kind === kind)?.serverId ?? ''}, the ledger records ${kind}:42`,
    ).sort(),
  );
  // Nor that what was dropped at one server is an orphan at the other; nor of what no row tells, where no row tells of
  // the server.
  const setPostgres = (change: string, ...values: string[]) =>
    installation.master.query(
      `UPDATE "TenantResource" SET ${change} WHERE "tenantId" = '${id}' AND kind = 'postgres'`,
      values,
    );
  const {
    rows: [before],
  } = await installation.master.query<{ nonce: string; externalId: string }>(
    `SELECT nonce, "externalId" FROM "TenantResource" WHERE "tenantId" = '${id}' AND kind = 'postgres'`,
  );
  await installation.master.query(
    `UPDATE "TenantResource" SET "serverId" = "serverId" || '-away' WHERE kind = 'postgres' AND "tenantId" <> '${id}'`,
  );
  await setPostgres(`state = 'absent'`);
  const seen = await observeFromOutside(installation.info, name);
  for (const [nonce, recorded] of [
    [before?.nonce ?? '', 'records postgres:42'],
    [randomUUID(), 'does not know this server'],
  ] as const) {
    await setPostgres('nonce = $1', nonce);
    expect(inShort(await reconcile(true))).toContainEqual(
      expect.stringMatching(
        new RegExp(
          `^unknown postgres ${names.postgres}: it carries our nonce, but this is postgres:\\d+; the ledger ${recorded}$`,
        ),
      ),
    );
    expect(await drop(installation, 'postgres', names.postgres, before?.externalId ?? '')).toMatchObject({
      state: 'refused',
      cause: expect.stringContaining('which is another server than'),
    });
  }
  expect(await observeFromOutside(installation.info, name)).toEqual(seen);
  await setPostgres(`state = 'present', nonce = $1`, before?.nonce ?? '');
  await installation.master.query(
    `UPDATE "TenantResource" SET "serverId" = replace("serverId", '-away', '') WHERE kind = 'postgres'`,
  );
  for (const { kind, serverId } of rows)
    await installation.master.query(
      'UPDATE "TenantResource" SET "serverId" = $3 WHERE "tenantId" = $1 AND kind = $2::"BackendKind"',
      [id, kind, serverId],
    );
  expect(inShort(await reconcile())).toEqual([]);
});

test('credentials that are not the stored ones, another id, another vector size are named; fix leaves them', async () => {
  altered = await createTenant(installation, newName('r'));
  const { id, name } = altered;
  const { postgres, mongodb, qdrant, keycloak } = namesOf(name);
  await asOwner(`ALTER ROLE ${postgres}_app PASSWORD 'another'`);
  await inMongoOf(name, { updateUser: mongodb, pwd: 'another' });
  const { body: clients } = await asKeycloakAdmin(
    installation.info,
    'GET',
    `/admin/realms/${keycloak}/clients?clientId=freeflow-app`,
  );
  await asKeycloakAdmin(
    installation.info,
    'PUT',
    `/admin/realms/${keycloak}/clients/${(clients as { id: string }[])[0]?.id ?? ''}`,
    { secret: 'another' },
  );
  const client = qdrantAsOwner(installation.info);
  const { metadata } = (await client.getCollection(qdrant)).config;
  await client.deleteCollection(qdrant);
  await client.createCollection(qdrant, { vectors: { size: 7, distance: 'Dot' }, metadata: metadata ?? {} });
  const left = [
    `drifted keycloak ${keycloak}: the stored secret of client freeflow-app is refused`,
    `drifted mongodb ${mongodb}: the password of user ${mongodb} isn't the stored one`,
    `drifted postgres ${postgres}: the password of ${postgres}_app isn't the stored one, changed by the tenant or by hand; a suspend and resume gives the stored one back`,
    `drifted qdrant ${qdrant}: its vectors are 7 Dot, created as 1536 Cosine`,
  ];
  expect(inShort(await reconcile())).toEqual(left);
  expect(inShort(await reconcile(true))).toEqual(left);
  // Other grants beside it are made again, and the password stays somebody's.
  await inMongoOf(name, { revokeRolesFromUser: mongodb, roles: [{ role: 'readWrite', db: mongodb }] });
  await inMongoOf(name, { grantRolesToUser: mongodb, roles: [{ role: 'read', db: mongodb }] });
  await asOwner(`GRANT CONNECT ON DATABASE ${postgres} TO PUBLIC`);
  const granted = [
    `drifted mongodb ${mongodb}: user ${mongodb} has read on ${mongodb}, should have readWrite on ${mongodb} (fixable)`,
    `drifted postgres ${postgres}: PUBLIC has CONNECT (fixable)`,
  ];
  expect(inShort(await reconcile(true))).toEqual([...left, ...granted.map((it) => `${it} (fixed)`)].sort());
  expect(inShort(await reconcile())).toEqual(left);
  await restorePostgresDatabase(installation.info, name);
  expect(inShort(await reconcile())).toContainEqual(
    expect.stringMatching(new RegExp(`^drifted postgres ${postgres}: its id is \\d+, the ledger records \\d+$`)),
  );
  await installation.request('POST', `/tenants/${id}/adopt`, { backend: 'postgres' });
  await until('it is adopted', async () => !inShort(await reconcile()).some((it) => it.includes('its id is')));
  expect(inShort(await reconcile())).toEqual(left);
});

test('an orphan is named, is dropped only by its own installation, by its own id, and only when nobody has it', async () => {
  const [a, living] = [altered, active];
  const names = namesOf(a.name);
  // As after a restore of the master database: nothing there knows of it any more.
  const tables = ['ProvisionLog', 'Connection', 'Secret', 'Operation', 'Resource', 'Usage'].map((it) => `Tenant${it}`);
  for (const table of tables) await installation.master.query(`DELETE FROM "${table}" WHERE "tenantId" = $1`, [a.id]);
  await installation.master.query('DELETE FROM "Tenant" WHERE id = $1', [a.id]);
  const { findings } = await reconcile();
  expect(findings.map((it) => ({ ...it, id: null }))).toEqual(
    KINDS.map((kind) => ({
      class: 'orphan',
      backend: kind,
      name: names[kind],
      id: null,
      tenantId: null,
      what: 'the ledger has no record of it',
      fixable: false,
      fixed: false,
    })),
  );
  expect((await reconcile(true)).findings).toEqual(findings);
  const seen = await observeFromOutside(installation.info, a.name);
  const idOf = (kind: string) => findings.find((it) => it.backend === kind)?.id ?? '';
  expect(idOf('postgres')).toBe(seen.postgres?.oid);
  expect(idOf('keycloak')).toBe(seen.keycloak?.id);

  const before = await observeFromOutside(installation.info, living.name);
  const { rows } = await installation.master.query<{ kind: string; name: string; id: string }>(
    'SELECT kind, name, coalesce("externalId", nonce::text) AS id FROM "TenantResource" WHERE "tenantId" = $1',
    [living.id],
  );
  for (const kind of KINDS) {
    expect(await drop(installation, kind, names[kind], '42')).toMatchObject({
      state: 'refused',
      cause: expect.stringContaining('has another id than 42'),
    });
    // Not theirs, and not ours: the one of the other installation.
    expect(await dropHere(other, kind, names[kind], idOf(kind))).toMatchObject({
      state: 'refused',
      cause: expect.stringContaining('another installation created it'),
    });
    const row = rows.find((it) => it.kind === kind);
    expect(await drop(installation, kind, row?.name ?? '', row?.id ?? '')).toMatchObject({
      state: 'refused',
      cause: expect.stringContaining('no orphan of this installation'),
    });
  }
  expect(await drop(installation, 'postgres', 'freeflow_nobody', '1')).toMatchObject({
    state: 'refused',
    cause: expect.stringContaining('nothing of the name'),
  });
  expect([
    await observeFromOutside(installation.info, a.name),
    await observeFromOutside(installation.info, living.name),
  ]).toEqual([seen, before]);

  for (const kind of KINDS)
    expect(await drop(installation, kind, names[kind], idOf(kind))).toMatchObject({
      state: 'done',
      cause: null,
      requestedBy: expect.any(String),
      evidence: expect.arrayContaining([expect.objectContaining({ answer: 'absent' })]),
    });
  expect(await observeFromOutside(installation.info, a.name)).toEqual(NOTHING);
  expect(inShort(await reconcile())).toEqual([]);
});

test('what the ledger calls absent and is there is an orphan; while its tenant lives it is not dropped', async () => {
  const { id, name } = active;
  const { postgres } = namesOf(name);
  await installation.master.query(
    `UPDATE "TenantResource" SET state = 'absent' WHERE "tenantId" = $1 AND kind = 'postgres'`,
    [id],
  );
  const {
    findings: [orphan],
  } = await reconcile();
  expect(orphan).toMatchObject({
    class: 'orphan',
    backend: 'postgres',
    name: postgres,
    tenantId: id,
    what: 'the ledger records it as absent',
  });
  expect(await drop(installation, 'postgres', postgres, orphan?.id ?? '')).toMatchObject({
    state: 'refused',
    cause: expect.stringContaining(`tenant ${name} is not gone`),
  });
  await installation.master.query(
    `UPDATE "TenantResource" SET state = 'present' WHERE "tenantId" = $1 AND kind = 'postgres'`,
    [id],
  );
});

test('nothing that was done here has touched the other installation, which reports nothing', async () => {
  expect(inShort(await reconcileHere(other, true))).toEqual([]);
  await setTheirOperation({ state: 'running', endedAt: null });
  for (const kind of KINDS) await other.run(`${kind}.drop`, theirs);
  await setTheirOperation({ state: 'done', endedAt: new Date() });
});

test('a master database made anew, given the id of the one that is lost, knows what is there as its own', async () => {
  const { rows } = await installation.master.query<{ id: string }>('SELECT id FROM "Installation"');
  const lost = rows[0]?.id ?? '';
  const anew = other.another();
  try {
    const id = `${lost.slice(0, 8)}-0000-4000-8000-000000000000`;
    await asOwner(`UPDATE "Installation" SET id = '${id}'`, other.database);
    const names = [active, suspended, deleted].map(({ name }) => namesOf(name));
    expect(inShort(await reconcileHere(anew, false))).toEqual(
      names.flatMap((of) => KINDS.map((kind) => `orphan ${kind} ${of[kind]}: the ledger has no record of it`)).sort(),
    );
  } finally {
    await anew.close();
  }
});

test('what is missing is named, in part or whole, and fix makes nothing; what is gone is not missing', async () => {
  const { name } = active;
  const { postgres, mongodb, qdrant, keycloak } = namesOf(name);
  await inMongoOf(name, { dropDatabase: 1 });
  await asOwner(`REVOKE ALL ON DATABASE ${postgres} FROM ${postgres}_app`);
  await asOwner(`DROP OWNED BY ${postgres}_app`, postgres);
  await asOwner(`DROP ROLE ${postgres}_app`);
  const inPart = [`missing postgres ${postgres}: there is no role ${postgres}_app`];
  expect(inShort(await reconcile(true))).toEqual(inPart);
  expect(inShort(await reconcile())).toEqual(inPart);

  await inKeycloak('DELETE', name);
  await qdrantAsOwner(installation.info).deleteCollection(qdrant);
  await inMongoOf(name, { dropUser: mongodb });
  await asOwner(`DROP DATABASE ${postgres}`);
  const whole = [
    `missing keycloak ${keycloak}: there is no ${keycloak}`,
    `missing mongodb ${mongodb}: there is no ${mongodb}`,
    `missing postgres ${postgres}: only a part of it exists: there is no database ${postgres}`,
    `missing qdrant ${qdrant}: only a part of it exists: there is no collection ${qdrant}`,
  ];
  expect(inShort(await reconcile(true))).toEqual(whole);
  expect(inShort(await reconcile())).toEqual(whole);
  await Promise.all([active, suspended, deleted].map(({ id }) => deleteTenant(installation, id)));
  expect(inShort(await reconcile())).toEqual([]);
});
