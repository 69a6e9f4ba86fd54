import { readStackInfo } from '../../../stack/stack-info';
import { newName } from '../../../test/support/activity-harness';
import { TEST_STACK } from '../../../test/support/master';
import { withPostgres } from '../../../test/support/outside';
import { setUpPostgres, explainTooOld } from './set-up';

const { postgres } = readStackInfo(TEST_STACK);
const asProvisioner = (statement: string) => withPostgres(postgres.provisionerUrl, (client) => client.query(statement));

test('the provisioner logs in, makes databases and roles, and is nothing else', async () => {
  const { rows } = await asProvisioner('SELECT to_jsonb(r) AS role FROM pg_roles r WHERE rolname = current_user');
  const { role } = rows[0] as { role: Record<string, unknown> };
  const flags = Object.fromEntries(Object.entries(role).filter(([, value]) => typeof value === 'boolean'));
  expect(flags).toEqual({
    rolcanlogin: true,
    rolcreatedb: true,
    rolcreaterole: true,
    rolinherit: true,
    rolsuper: false,
    rolreplication: false,
    rolbypassrls: false,
  });
  expect(role['rolconfig']).toEqual(['createrole_self_grant=set, inherit']);
});

test('it is a member of roles alone that it has made itself, but for that of the reserved connections', async () => {
  const made = 'freeflow_made_by_provisioner';
  const { rows } = await withPostgres(postgres.provisionerUrl, async (client) => {
    await client.query(`BEGIN; CREATE ROLE ${made}`);
    const seen = await client.query<{ of: string; byItself: boolean; admin: boolean }>(
      `SELECT roleid::regrole::text AS "of", bool_or(grantor = member) AS "byItself", bool_or(admin_option) AS "admin" FROM pg_auth_members WHERE member = current_user::regrole AND roleid <> 'pg_use_reserved_connections'::regrole GROUP BY roleid`,
    );
    await client.query('ROLLBACK');
    return seen;
  });
  expect(rows.map((it) => it.of)).toContain(made);
  expect(rows.filter((it) => !it.byItself || !it.admin)).toEqual([]);
});

test.each([
  'ALTER ROLE CURRENT_USER SUPERUSER',
  `ALTER ROLE ${new URL(postgres.url).username} PASSWORD 'mine'`,
  'GRANT pg_read_all_data TO CURRENT_USER',
  'CREATE ROLE freeflow_never SUPERUSER',
  `SELECT pg_read_file('/etc/passwd')`,
  `COPY (SELECT 1) TO PROGRAM 'true'`,
  'ALTER SYSTEM SET log_statement = none',
  'ALTER DATABASE postgres ALLOW_CONNECTIONS false',
  'SELECT rolpassword FROM pg_authid',
])('it is refused: %s', async (statement) => {
  await expect(asProvisioner(statement)).rejects.toMatchObject({ code: '42501' });
});

test.each([
  [150_018, '15.18', /^PostgreSQL 15\.18 is too old: before 16, CREATEROLE/],
  [160_000, '16.0', /^$/],
  [180_004, '18.4', /^$/],
])('a server of version number %i is judged by what CREATEROLE means there', (number, version, said) => {
  expect(explainTooOld(number, version)).toMatch(said);
});

test('several at once all end well, and one of them alone has made it', async () => {
  const name = `${newName()}_provisioner`;
  const setUp = () =>
    setUpPostgres({
      ownerUrl: postgres.url,
      name,
      password: { value: 'x', isForced: false },
      masterDatabase: 'no_such_database',
    });
  try {
    const outcomes = await Promise.all(Array.from({ length: 8 }, setUp));
    expect(outcomes.filter(({ did }) => did.includes(`role ${name} created`))).toHaveLength(1);
    expect((await setUp()).did).toEqual([]);
  } finally {
    await withPostgres(postgres.url, (owner) => owner.query(`DROP OWNED BY ${name}; DROP ROLE ${name}`));
  }
});
