import fc from 'fast-check';
import { openActivityHarness, type ActivityHarness } from '../support/activity-harness';
import { asSuperuser, newPostgresTenant, type PostgresTenant } from './postgres-tenant';

/** How many random tenants are suspended and resumed; more by hand. */
const RUNS = Number(process.env['FIELD_RUNS'] ?? 5);

let harness: ActivityHarness;
let tenant: PostgresTenant;
let team: string;

beforeAll(async () => {
  harness = await openActivityHarness();
  tenant = await newPostgresTenant(harness);
  team = `team_${tenant.input.name}`;
  await asSuperuser(harness, `CREATE ROLE ${team}`);
});
afterAll(async () => {
  await tenant.run('drop');
  await asSuperuser(harness, `DROP OWNED BY ${team}; DROP ROLE ${team}`);
  await harness.close();
});

/** All that the server keeps of the tenant's roles and database, passwords and the kept bits of rights included. */
const representation = async () => {
  const roles = `(SELECT oid FROM pg_roles WHERE rolname IN ('${tenant.app}', '${tenant.owner}'))`;
  const database = `(SELECT oid FROM pg_database WHERE datname = '${tenant.database}')`;
  const whole = await asSuperuser(
    harness,
    `SELECT
    (SELECT jsonb_agg(to_jsonb(a) ORDER BY rolname) FROM pg_authid a WHERE oid IN ${roles}) AS roles,
    (SELECT jsonb_agg(to_jsonb(m) ORDER BY oid) FROM pg_auth_members m WHERE roleid IN ${roles} OR member IN ${roles}) AS memberships,
    (SELECT jsonb_agg(to_jsonb(s) ORDER BY setdatabase, setrole) FROM pg_db_role_setting s WHERE setrole IN ${roles} OR setdatabase = ${database}) AS settings,
    (SELECT to_jsonb(d) - 'datfrozenxid' - 'datminmxid' FROM pg_database d WHERE oid = ${database}) AS database,
    (SELECT jsonb_agg(to_jsonb(c) ORDER BY objoid) FROM pg_shdescription c WHERE objoid IN ${roles} OR objoid = ${database}) AS comments,
    (SELECT jsonb_agg(to_jsonb(s) - 'objid' ORDER BY classid, dbid, refobjid, deptype) FROM pg_shdepend s WHERE refobjid IN ${roles}) AS dependencies`,
  );
  const inside = await asSuperuser(
    harness,
    `SELECT (SELECT jsonb_agg(to_jsonb(n) ORDER BY nspname) FROM pg_namespace n) AS schemas,
    (SELECT jsonb_agg(to_jsonb(d) ORDER BY oid) FROM pg_default_acl d) AS defaults, (SELECT count(*) FROM pg_class WHERE relnamespace = 'app'::regnamespace) AS tables`,
    tenant.database,
  );
  return { ...whole[0], ...inside[0] };
};

type Setting = [name: string, value: string];
const settings = fc
  .uniqueArray(
    fc.oneof<fc.Arbitrary<Setting>[]>(
      fc.tuple(
        fc.constantFrom('statement_timeout', 'lock_timeout', 'idle_session_timeout', 'work_mem', 'temp_buffers'),
        fc.integer({ min: 800, max: 100_000 }).map(String),
      ),
      fc.tuple(
        fc.constantFrom(
          'default_transaction_read_only',
          'default_transaction_deferrable',
          'exit_on_error',
          'row_security',
          'enable_hashjoin',
        ),
        fc.constantFrom('on', 'off'),
      ),
      fc.tuple(
        fc.constantFrom('search_path', 'myapp.tenant', 'TimeZone'),
        fc.constantFrom('pg_catalog', 'UTC', 'Asia/Tokyo'),
      ),
      fc.tuple(fc.constantFrom('default_transaction_isolation'), fc.constantFrom('serializable', 'repeatable read')),
    ),
    { selector: ([name]) => name, maxLength: 4 },
  )
  .map((all) => all.filter(([name, value]) => name !== 'TimeZone' || value !== 'pg_catalog'));

const change = fc.record({
  connections: fc.integer({ min: 2, max: 500 }),
  databaseConnections: fc.constantFrom(-1, 20, 500),
  ofRole: settings,
  ofRoleHere: settings,
  ofDatabase: settings,
  validUntil: fc.constantFrom('infinity', '2099-12-31 23:59:59+00'),
  // Not both: a tenant that can become its owner can change its nonce, and the probe refuses to resume it.
  membership: fc.constantFrom('none', 'tenant in team', 'team in owner'),
  teamMayConnect: fc.boolean(),
  mayMakeSchemas: fc.boolean(),
  isTemplate: fc.boolean(),
  comment: fc.constantFrom('NULL', `'of an administrator''s'`),
  defaultsTaken: fc.boolean(),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

const set = (what: string, all: readonly Setting[]) =>
  all.map(([name, value]) => `ALTER ${what} SET ${name} = '${value}';`).join(' ');

/** Sets everything to what a case says, whatever the one before has left. */
async function apply(it: Change): Promise<void> {
  const { database, app, owner } = tenant;
  await asSuperuser(
    harness,
    `ALTER ROLE ${app} RESET ALL; ALTER ROLE ${app} IN DATABASE ${database} RESET ALL; ALTER DATABASE ${database} RESET ALL;
    ${set(`ROLE ${app}`, it.ofRole)} ${set(`ROLE ${app} IN DATABASE ${database}`, it.ofRoleHere)} ${set(`DATABASE ${database}`, it.ofDatabase)}
    ALTER ROLE ${app} CONNECTION LIMIT ${it.connections} VALID UNTIL '${it.validUntil}'; ALTER DATABASE ${database} CONNECTION LIMIT ${it.databaseConnections} IS_TEMPLATE ${it.isTemplate};
    ${it.membership === 'tenant in team' ? `GRANT ${team} TO ${app}` : `REVOKE ${team} FROM ${app}`}; ${it.membership === 'team in owner' ? `GRANT ${owner} TO ${team}` : `REVOKE ${owner} FROM ${team}`};
    ${it.teamMayConnect ? 'GRANT' : 'REVOKE'} CONNECT ON DATABASE ${database} ${it.teamMayConnect ? 'TO' : 'FROM'} ${team};
    ${it.mayMakeSchemas ? 'GRANT' : 'REVOKE'} CREATE ON DATABASE ${database} ${it.mayMakeSchemas ? 'TO' : 'FROM'} ${app}; COMMENT ON DATABASE ${database} IS ${it.comment}`,
  );
  await asSuperuser(
    harness,
    `SET default_transaction_read_only = off; SET ROLE ${app}; ALTER DEFAULT PRIVILEGES ${it.defaultsTaken ? 'REVOKE' : 'GRANT'} ALL ON TABLES ${it.defaultsTaken ? 'FROM' : 'TO'} ${app}`,
    database,
  );
}

test('a suspend and resume leave roles, rights, settings, memberships, comments and database as they were, whatever they hold', async () => {
  await fc.assert(
    fc.asyncProperty(change, async (it) => {
      await apply(it);
      const before = await representation();
      await tenant.run('disable');
      await expect(tenant.connect()).rejects.toMatchObject({ code: '28000' });
      await tenant.run('enable');
      expect(await representation()).toEqual(before);
    }),
    // Each case takes seconds: a failure is shown as it was found.
    { numRuns: RUNS, endOnFailure: true },
  );
});
