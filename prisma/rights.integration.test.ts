import { Client } from 'pg';
import { newTestDatabase, outcomeOf, query, withLogin, type TestDatabase } from '../test/support/migrated-database';

type Role = 'api' | 'worker';
const ROLES: Role[] = ['api', 'worker'];

/**
 * The API accepts and reads; the worker writes, and deletes connections, secrets and old
 * reports alone. Not taken from the code: this is the promise.
 */
const ALLOWED: Record<Role, Record<string, string[]>> = {
  api: {
    Tenant: ['SELECT', 'INSERT'],
    TenantConnection: ['SELECT'],
    TenantOperation: ['SELECT', 'INSERT'],
    TenantProvisionLog: ['SELECT'],
    TenantResource: ['SELECT'],
    TenantSecret: [],
    TenantUsage: ['SELECT'],
    PooledResource: ['SELECT'],
    Installation: [],
    Blueprint: ['SELECT'],
    TenantBlueprintFile: ['SELECT'],
    FleetUpgrade: ['SELECT', 'INSERT'],
    FleetTenant: ['SELECT', 'INSERT'],
    ReconcileReport: ['SELECT'],
    OrphanDrop: ['SELECT'],
    OperationAnswer: ['SELECT', 'INSERT'],
    AuditEvent: ['SELECT', 'INSERT'],
    Event: ['SELECT'],
    SealingKey: ['SELECT'],
    Webhook: ['SELECT', 'INSERT'],
    WebhookSecret: ['INSERT'],
    WebhookReplacement: ['INSERT'],
    WebhookDelivery: ['SELECT', 'INSERT'],
    _prisma_migrations: [],
  },
  worker: {
    Tenant: ['SELECT', 'INSERT', 'UPDATE'],
    TenantConnection: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    TenantOperation: ['SELECT', 'INSERT', 'UPDATE'],
    TenantProvisionLog: ['SELECT', 'INSERT', 'UPDATE'],
    TenantResource: ['SELECT', 'INSERT', 'UPDATE'],
    TenantSecret: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    TenantUsage: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    PooledResource: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    Installation: ['SELECT'],
    Blueprint: ['SELECT', 'INSERT', 'UPDATE'],
    TenantBlueprintFile: ['SELECT', 'INSERT', 'UPDATE'],
    FleetUpgrade: ['SELECT', 'INSERT', 'UPDATE'],
    FleetTenant: ['SELECT', 'INSERT', 'UPDATE'],
    ReconcileReport: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    OrphanDrop: ['SELECT', 'INSERT', 'UPDATE'],
    OperationAnswer: [],
    AuditEvent: ['INSERT'],
    Event: ['SELECT'],
    SealingKey: ['SELECT', 'INSERT', 'UPDATE'],
    Webhook: ['SELECT'],
    WebhookSecret: ['SELECT'],
    WebhookReplacement: ['SELECT'],
    WebhookDelivery: ['SELECT', 'INSERT', 'UPDATE'],
    _prisma_migrations: [],
  },
};

/** One statement per right, which needs that right alone. */
const STATEMENTS: Record<string, (table: string) => string> = {
  SELECT: (table) => `SELECT * FROM ${table}`,
  INSERT: (table) => `INSERT INTO ${table} ("id") SELECT NULL WHERE false`,
  UPDATE: (table) => `UPDATE ${table} SET "id" = NULL WHERE false`,
  DELETE: (table) => `DELETE FROM ${table} WHERE false`,
  TRUNCATE: (table) => `TRUNCATE ${table} CASCADE`,
  'ALTER TABLE': (table) => `ALTER TABLE ${table} ADD COLUMN "more" text`,
  'DROP TABLE': (table) => `DROP TABLE ${table} CASCADE`,
  'CREATE INDEX': (table) => `CREATE INDEX ON ${table} ("id")`,
  'CREATE TRIGGER': (table) =>
    `CREATE TRIGGER "more" BEFORE UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
  'CREATE RULE': (table) => `CREATE RULE "more" AS ON DELETE TO ${table} DO INSTEAD NOTHING`,
  'COMMENT ON': (table) => `COMMENT ON TABLE ${table} IS 'mine'`,
  'OWNER TO': (table) => `ALTER TABLE ${table} OWNER TO CURRENT_USER`,
};

/** What concerns no table, and is refused to both. */
const BEYOND_TABLES = [
  'CREATE TABLE "more" ()',
  'CREATE TEMP TABLE "more" ()',
  'CREATE TABLE "copy" AS SELECT 1',
  'CREATE VIEW "more" AS SELECT 1',
  'CREATE SCHEMA "more"',
  'CREATE SEQUENCE "more"',
  `CREATE TYPE "more" AS ENUM ('x')`,
  `ALTER TYPE "TenantStatus" ADD VALUE 'failed'`,
  'DROP TYPE "TenantStatus" CASCADE',
  'CREATE FUNCTION "more"() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
  'CREATE ROLE "more"',
  'CREATE EXTENSION hstore',
  'DROP SCHEMA public CASCADE',
  'ALTER ROLE CURRENT_USER SUPERUSER',
  `SELECT pg_read_file('/etc/passwd')`,
  `COPY (SELECT 1) TO PROGRAM 'true'`,
];

let database: TestDatabase;
let sessions: Record<Role, Client>;

beforeAll(async () => {
  database = newTestDatabase();
  await database.migrate();
  sessions = {
    api: new Client({ connectionString: database.apiUrl }),
    worker: new Client({ connectionString: database.workerUrl }),
  };
  await Promise.all(Object.values(sessions).map((it) => it.connect()));
});
afterAll(async () => {
  await Promise.all(Object.values(sessions).map((it) => it.end()));
  await database.drop();
});

/** `ok`, or the SQLSTATE it is refused with. Leaves nothing behind, should it not be refused. */
async function attempt(role: Role, statement: string): Promise<string> {
  await sessions[role].query('BEGIN');
  const outcome = await outcomeOf(sessions[role].query(statement));
  await sessions[role].query('ROLLBACK');
  return outcome;
}

it.each(ROLES)('every table of the database has its rights fixed here: %s', async (role) => {
  const tables = await query<{ name: string }>(
    database.url,
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema NOT IN ('information_schema', 'pg_catalog') ORDER BY 1`,
  );
  expect(tables.map(({ name }) => name).toSorted()).toEqual(Object.keys(ALLOWED[role]).toSorted());
});

const cases = ROLES.flatMap((role) =>
  Object.entries(ALLOWED[role]).map(([table, allowed]) => ({ role, table, allowed })),
);

it.each(cases)('$role may do with $table: $allowed, and nothing else', async ({ role, table, allowed }) => {
  const expected = Object.fromEntries(
    Object.keys(STATEMENTS).map((right) => [right, allowed.includes(right) ? 'ok' : '42501']),
  );
  const found: Record<string, string> = {};
  for (const [right, statement] of Object.entries(STATEMENTS))
    found[right] = await attempt(role, statement(`public."${table}"`));
  expect(found).toEqual(expected);
});

describe.each(ROLES)('%s', (role) => {
  it.each(BEYOND_TABLES)('may not %s', async (statement) => {
    expect(await attempt(role, statement)).toBe('42501');
  });

  it('cannot pass its rights on', async () => {
    const held = await query(
      database.url,
      `SELECT bool_or(is_grantable = 'YES') AS "isGrantable" FROM information_schema.role_table_grants WHERE grantee = $1`,
      [database.roles[role]],
    );
    expect(held).toEqual([{ isGrantable: false }]);
  });
});

/**
 * What the API alone may change: what an administrator sets of a tenant and of a webhook, and a delivery that is to go
 * again.
 */
const SET_BY_API: Readonly<Record<string, readonly string[]>> = {
  FleetTenant: ['cause', 'changedAt', 'isForgiven', 'isParked', 'notBefore', 'putOff', 'state'],
  FleetUpgrade: ['endedAt', 'forgiven', 'reason', 'state'],
  Tenant: ['deletionProtected', 'displayName', 'externalId', 'holdReason', 'holdUntil', 'labels'],
  Webhook: [
    ...[
      'cursor',
      'deletedAt',
      'description',
      'disabledAt',
      'disabledBy',
      'disabledReason',
      'eventTypes',
      'failingSince',
    ],
    ...['probedAt', 'skippedEvents', 'state', 'url'],
  ],
  WebhookDelivery: ['attempt', 'checkAt', 'endedAt', 'firstFailedAt', 'givenUpBy', 'isHead', 'nextAttemptAt', 'state'],
};

/** Of the columns that the worker alone may change and not insert; it has others of those above. */
const SET_BY_WORKER_ALONE = [
  '"Webhook".failures',
  '"WebhookReplacement".keyId',
  '"WebhookReplacement".sealed',
  '"WebhookSecret".keyId',
  '"WebhookSecret".sealed',
];

it('rights on single columns, which the statements above do not find, are those of the API on what an administrator sets, and what the worker counts', async () => {
  const columns = await query<{ table: string; column: string }>(
    database.url,
    `SELECT attrelid::regclass::text AS table, attname AS column FROM pg_attribute WHERE attacl IS NOT NULL AND attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)`,
  );
  expect(columns.map(({ table, column }) => `${table}.${column}`).toSorted()).toEqual(
    [
      ...Object.entries(SET_BY_API).flatMap(([table, names]) => names.map((it) => `"${table}".${it}`)),
      ...SET_BY_WORKER_ALONE,
    ].toSorted(),
  );
});

it.each(Object.entries(SET_BY_API))(
  'the API may change these columns of a %s, and no other one',
  async (table, names) => {
    const columns = await query<{ name: string }>(
      database.url,
      `SELECT attname AS name FROM pg_attribute WHERE attrelid = '"${table}"'::regclass AND attnum > 0 AND NOT attisdropped`,
    );
    const outcomes: [string, string][] = [];
    for (const { name } of columns)
      outcomes.push([name, await attempt('api', `UPDATE public."${table}" SET "${name}" = "${name}" WHERE false`)]);
    expect(outcomes).toEqual(columns.map(({ name }) => [name, names.includes(name) ? 'ok' : '42501']));
  },
);

it('the API can do what accepting a tenant takes: both rows in one transaction', async () => {
  await sessions.api.query('BEGIN');
  await sessions.api.query(
    `INSERT INTO "Tenant" ("id", "name", "realmName", "postgresDb", "mongoDb", "qdrantCollection") VALUES (gen_random_uuid(), 'acme', 'r', 'p', 'm', 'q')`,
  );
  await sessions.api.query(
    `INSERT INTO "TenantOperation" ("id", "tenantId", "kind", "requestedBy") SELECT gen_random_uuid(), "id", 'create', 'somebody' FROM "Tenant"`,
  );
  await sessions.api.query('COMMIT');
  expect(
    await query(
      database.url,
      'SELECT t."status", o."state" FROM "Tenant" t JOIN "TenantOperation" o ON o."tenantId" = t."id"',
    ),
  ).toEqual([{ status: 'provisioning', state: 'requested' }]);
});

it('nobody else may even connect', async () => {
  const stranger = `${database.name}_stranger`;
  await query(database.url, `CREATE ROLE ${stranger} LOGIN PASSWORD 'x'`);
  try {
    expect(await outcomeOf(query(withLogin(database.url, stranger, 'x'), 'SELECT 1'))).toBe('42501');
  } finally {
    await query(database.url, `DROP ROLE ${stranger}`);
  }
});
