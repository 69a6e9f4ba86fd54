import { BACKEND_KINDS } from '@freeflow/contract';
import { describeCloseAgain } from '../lifecycle/close-again';
import { describeForeignNames } from '../lifecycle/foreign-names';
import { describeRaces } from '../lifecycle/races';
import { newName } from '../support/activity-harness';
import { databaseUrl, fill, fingerprint } from '../support/fingerprint';
import { openTestInstallation, type TestInstallation } from '../support/installation';
import { emptyTenant, observeFromOutside, NOTHING, withPostgres } from '../support/outside';
import { IS_LONG } from '../support/sample';
import { createTenant, deleteTenant, logOf, operationEnds } from '../support/tenants';

/** More than Keycloak is given at a time. */
const AT_ONCE = IS_LONG ? 8 : 5;

let installation: TestInstallation;

beforeAll(async () => {
  installation = await openTestInstallation();
});
afterAll(() => installation.close());

test('a tenant is made in all four backends, each step in the log once, in the order of its seq, each create before its probe; and a hard delete leaves nothing of it in any', async () => {
  const name = newName();
  const tenant = await createTenant(installation, name);
  expect(tenant).toMatchObject({ name, status: 'active', operation: { kind: 'create', state: 'done' } });

  const seen = await observeFromOutside(installation.info, name);
  expect(seen).toMatchObject(emptyTenant(name));

  const rows = await logOf(installation, tenant.id);
  expect(rows.map((it) => it.seq)).toEqual(rows.map((_, at) => at + 1));
  const steps = rows.map((it) => it.step);
  expect([...steps].sort()).toEqual(
    ['activate', 'begin', ...BACKEND_KINDS.flatMap((it) => [`${it}.create`, `${it}.probe`])].sort(),
  );
  expect(rows.every((it) => it.status === 'success' && it.attempt === 1)).toBe(true);
  for (const kind of BACKEND_KINDS)
    expect(steps.indexOf(`${kind}.create`)).toBeLessThan(steps.indexOf(`${kind}.probe`));

  const deleted = await deleteTenant(installation, tenant.id);
  expect(deleted).toMatchObject({ status: 'deleted', operation: { kind: 'hard_delete', state: 'done' } });
  expect(await observeFromOutside(installation.info, name)).toEqual(NOTHING);
  const { rows: secrets } = await installation.master.query('SELECT 1 FROM "TenantSecret" WHERE "tenantId" = $1', [
    tenant.id,
  ]);
  expect(secrets).toEqual([]);
});

test("a neighbour's schema, grants and data are the same before and after", async () => {
  const neighbour = await createTenant(installation, newName('n'));
  await fill(installation.info, neighbour.name);
  const before = await fingerprint(installation.info, neighbour.name);
  const other = await createTenant(installation, newName());
  await deleteTenant(installation, other.id);
  expect(await fingerprint(installation.info, neighbour.name)).toBe(before);
  // The fingerprint sees a change: otherwise the line above would say nothing.
  await withPostgres(databaseUrl(installation.info, neighbour.name), (client) =>
    client.query('INSERT INTO app.things VALUES (3)'),
  );
  expect(await fingerprint(installation.info, neighbour.name)).not.toBe(before);
  await deleteTenant(installation, neighbour.id);
});

test('a name used again gives a new tenant which inherits nothing', async () => {
  const name = newName();
  const first = await createTenant(installation, name);
  await fill(installation.info, name);
  const before = await observeFromOutside(installation.info, name);
  await deleteTenant(installation, first.id);
  const second = await createTenant(installation, name);
  const after = await observeFromOutside(installation.info, name);
  expect(second.id).not.toBe(first.id);
  expect(after.postgres?.oid).not.toBe(before.postgres?.oid);
  expect(after.keycloak?.id).not.toBe(before.keycloak?.id);
  expect(after).toMatchObject({ qdrant: { points: 0 }, mongoCollections: ['_freeflow_meta'] });
  const tables = await withPostgres(databaseUrl(installation.info, name), (client) =>
    client.query("SELECT 1 FROM pg_tables WHERE schemaname = 'app'"),
  );
  expect(tables.rows).toEqual([]);
  await deleteTenant(installation, second.id);
});

test('the same name fifty times at once: one is accepted, 49 are told it is taken, one set of resources', async () => {
  const name = newName();
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => installation.request('POST', '/tenants', { name })),
  );
  const accepted = answers.filter((it) => it.status === 202);
  expect(accepted).toHaveLength(1);
  expect(answers.filter((it) => it.status === 409 && it.body.code === 'tenant-name-taken')).toHaveLength(49);
  const id = String(accepted[0]?.body.id);
  await operationEnds(installation, id);
  const { rows } = await installation.master.query('SELECT 1 FROM "TenantResource" WHERE "name" LIKE $1', [
    `%${name}%`,
  ]);
  expect(rows).toHaveLength(4);
  expect(await observeFromOutside(installation.info, name)).toMatchObject({
    mongoUsers: [`freeflow_${name}`],
    qdrantTokens: 1,
  });
  await deleteTenant(installation, id);
});

test(`${AT_ONCE} tenants at once all become active, and all go again`, async () => {
  const tenants = await Promise.all(Array.from({ length: AT_ONCE }, () => createTenant(installation, newName())));
  expect(tenants.map((it) => it.status)).toEqual(Array(AT_ONCE).fill('active'));
  await Promise.all(tenants.map((it) => deleteTenant(installation, it.id)));
  for (const { name } of tenants) expect(await observeFromOutside(installation.info, name)).toEqual(NOTHING);
});

describe('a name that somebody else has', () => {
  describeForeignNames(() => installation);
});

describe('what comes in the moment of completion', () => {
  describeRaces(() => installation);
});

describe('something is left in the ledger', () => {
  describeCloseAgain(() => installation);
});
