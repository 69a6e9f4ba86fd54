import { BACKEND_KINDS } from '@freeflow/contract';
import { describeCloseAgain } from '../lifecycle/close-again';
import { describeForeignNames } from '../lifecycle/foreign-names';
import { describeRaces } from '../lifecycle/races';
import { describeSlowRecords } from '../lifecycle/slow-records';
import { newName } from '../support/activity-harness';
import { databaseUrl, fill, fingerprint } from '../support/fingerprint';
import { openTestInstallation, type TestInstallation } from '../support/installation';
import { emptyTenant, observeFromOutside, NOTHING, withPostgres, type Seen } from '../support/outside';
import { DEFAULT_REALM_KEYS, IS_LONG } from '../support/sample';
import { createTenant, deleteTenant, logOf, operationEnds, type Tenant } from '../support/tenants';

/** More than Keycloak is given at a time. */
const AT_ONCE = IS_LONG ? 8 : 4;

let installation: TestInstallation;
/**
 * All tests go on with these: one stays as it is, one is deleted and made again, one is left for an end that finds
 * something.
 */
let tenants: Tenant[];
const tenantAt = (place: number): Tenant => {
  const tenant = tenants[place];
  if (tenant === undefined) throw new Error('it was never made');
  return tenant;
};

beforeAll(async () => {
  installation = await openTestInstallation({ worker: DEFAULT_REALM_KEYS });
});
afterAll(() => installation.close());

test(`${AT_ONCE} tenants at once all become active, in all four backends, each step in the log once, in the order of its seq, each create before its probe`, async () => {
  tenants = await Promise.all(Array.from({ length: AT_ONCE }, () => createTenant(installation, newName())));
  for (const { id, name, ...tenant } of tenants) {
    expect(tenant).toMatchObject({ status: 'active', operation: { kind: 'create', state: 'done' } });
    expect(await observeFromOutside(installation.info, name)).toMatchObject(emptyTenant(name));

    const rows = await logOf(installation, id);
    expect(rows.map((it) => it.seq)).toEqual(rows.map((_, at) => at + 1));
    const steps = rows.map((it) => it.step);
    expect([...steps].sort()).toEqual(
      ['activate', 'begin', ...BACKEND_KINDS.flatMap((it) => [`${it}.create`, `${it}.probe`])].sort(),
    );
    expect(rows.every((it) => it.status === 'success' && it.attempt === 1)).toBe(true);
    for (const kind of BACKEND_KINDS)
      expect(steps.indexOf(`${kind}.create`)).toBeLessThan(steps.indexOf(`${kind}.probe`));
  }
});

/** What of the tenant that is deleted was there before. */
let former: Seen;

test("a hard delete leaves nothing of it in any; a neighbour's schema, grants and data are the same before and after", async () => {
  const [neighbour, { id, name }] = [tenantAt(0), tenantAt(1)];
  await Promise.all([neighbour.name, name].map((it) => fill(installation.info, it)));
  former = await observeFromOutside(installation.info, name);
  const before = await fingerprint(installation.info, neighbour.name);

  const deleted = await deleteTenant(installation, id);
  expect(deleted).toMatchObject({ status: 'deleted', operation: { kind: 'hard_delete', state: 'done' } });
  expect(await observeFromOutside(installation.info, name)).toEqual(NOTHING);
  const { rows: secrets } = await installation.master.query('SELECT 1 FROM "TenantSecret" WHERE "tenantId" = $1', [id]);
  expect(secrets).toEqual([]);

  expect(await fingerprint(installation.info, neighbour.name)).toBe(before);
  // The fingerprint sees a change: otherwise the line above would say nothing.
  await withPostgres(databaseUrl(installation.info, neighbour.name), (client) =>
    client.query('INSERT INTO app.things VALUES (3)'),
  );
  expect(await fingerprint(installation.info, neighbour.name)).not.toBe(before);
});

test('a name, used again fifty times at once: one is accepted, 49 are told it is taken, one set of resources, which inherits nothing', async () => {
  const { id: formerId, name } = tenantAt(1);
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => installation.request('POST', '/tenants', { name })),
  );
  const accepted = answers.filter((it) => it.status === 202);
  expect(accepted).toHaveLength(1);
  expect(answers.filter((it) => it.status === 409 && it.body.code === 'tenant-name-taken')).toHaveLength(49);
  const again = await operationEnds(installation, String(accepted[0]?.body.id));
  expect(again).toMatchObject({ status: 'active' });
  expect(again.id).not.toBe(formerId);
  const { rows } = await installation.master.query(
    'SELECT 1 FROM "TenantResource" WHERE "name" LIKE $1 AND "tenantId" <> $2',
    [`%${name}%`, formerId],
  );
  expect(rows).toHaveLength(4);
  const seen = await observeFromOutside(installation.info, name);
  expect(seen).toMatchObject({
    mongoUsers: [`freeflow_${name}`],
    mongoCollections: ['_freeflow_meta'],
    qdrantTokens: 1,
    qdrant: { points: 0 },
  });
  expect(seen.postgres?.oid).not.toBe(former.postgres?.oid);
  expect(seen.keycloak?.id).not.toBe(former.keycloak?.id);
  const tables = await withPostgres(databaseUrl(installation.info, name), (client) =>
    client.query("SELECT 1 FROM pg_tables WHERE schemaname = 'app'"),
  );
  expect(tables.rows).toEqual([]);
  tenants[1] = again;
});

test('all but one go again, at once', async () => {
  const going = tenants.slice(0, -1);
  await Promise.all(going.map((it) => deleteTenant(installation, it.id)));
  for (const { name } of going) expect(await observeFromOutside(installation.info, name)).toEqual(NOTHING);
});

describe('a name that somebody else has', () => {
  describeForeignNames(() => installation);
});

describe('what comes in the moment of completion', () => {
  describeRaces(() => installation);
});

describe('something is left in the ledger', () => {
  describeCloseAgain(
    () => installation,
    () => tenantAt(AT_ONCE - 1),
  );
});

describe('a record that is slow to be written', () => {
  describeSlowRecords(() => installation);
});
