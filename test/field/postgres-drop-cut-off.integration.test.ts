import { targetOf } from '../../activities/ledger';
import { openActivityHarness, type ActivityHarness } from '../support/activity-harness';
import { asSuperuser, newPostgresTenant, noteOpened, type PostgresTenant } from './postgres-tenant';

// A server that dies in the middle of DROP DATABASE has removed files, and keeps the database as an invalid one. The
// moment can't be staged, so the mark is set as PostgreSQL's own tests do
// (src/test/recovery/t/037_invalid_database.pl).
let harness: ActivityHarness;

beforeAll(async () => {
  harness = await openActivityHarness({ POSTGRES_SESSIONS: '1' });
});
afterAll(() => harness.close());

const markInvalid = ({ database }: PostgresTenant) =>
  asSuperuser(harness, `UPDATE pg_database SET datconnlimit = -2 WHERE datname = '${database}'`);
const remains = ({ database }: PostgresTenant) =>
  asSuperuser(
    harness,
    `SELECT datname AS name FROM pg_database WHERE datname = '${database}' UNION ALL SELECT rolname FROM pg_roles WHERE starts_with(rolname, '${database}')`,
  );

test('a drop that the server cut off is ended by the next one', async () => {
  const tenant = await newPostgresTenant(harness);
  await markInvalid(tenant);
  await tenant.run('drop');
  expect(await remains(tenant)).toEqual([]);
});

test('it is no whole resource any more, and says why', async () => {
  const tenant = await newPostgresTenant(harness);
  await markInvalid(tenant);
  const entry = await harness.db.tenantResource.findUniqueOrThrow({
    where: { tenantId_kind: { tenantId: tenant.input.tenantId, kind: 'postgres' } },
  });
  const backend = harness.backends.find(({ kind }) => kind === 'postgres');
  expect(await backend?.inspect(targetOf(entry, tenant.input.name, new AbortController().signal))).toMatchObject({
    state: 'ours',
    partial: expect.stringContaining('DROP DATABASE was cut off') as string,
  });
  await tenant.run('drop');
});

test('one that had been opened for a moment keeps no other tenant from being dropped', async () => {
  const [cutOff, neighbour] = [await newPostgresTenant(harness), await newPostgresTenant(harness)];
  await asSuperuser(harness, noteOpened(harness, cutOff.database, 'false -1'));
  await markInvalid(cutOff);
  await neighbour.run('drop');
  expect(await remains(neighbour)).toEqual([]);
  await cutOff.run('drop');
  expect(await remains(cutOff)).toEqual([]);
});
