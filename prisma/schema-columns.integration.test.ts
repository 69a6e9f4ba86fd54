import { newTestDatabase, query, type TestDatabase } from '../test/support/migrated-database';

/** What other systems read: names and types to the letter. `?` may be null; `=` is filled in when not given. */
const PROMISED: Record<string, Record<string, string>> = {
  Tenant: {
    id: 'uuid',
    name: 'text',
    realmName: 'text',
    postgresDb: 'text',
    mongoDb: 'text',
    qdrantCollection: 'text',
    status: '"TenantStatus" =',
    createdAt: 'timestamptz =',
    updatedAt: 'timestamptz =',
    goneAt: 'timestamptz ?',
    purgeAt: 'timestamptz ?',
    holdUntil: 'timestamptz ?',
    holdReason: 'text ?',
    displayName: 'text ?',
    externalId: 'text ?',
    labels: 'jsonb =',
    deletionProtected: 'bool =',
  },
  TenantProvisionLog: {
    id: 'uuid',
    tenantId: 'uuid',
    step: 'text',
    status: 'text',
    message: 'text ?',
    createdAt: 'timestamptz =',
    attempt: 'int4 =',
    durationMs: 'int4 ?',
    seq: 'int4',
  },
  TenantConnection: {
    id: 'uuid',
    tenantId: 'uuid',
    service: '"ConnectionService"',
    dbName: 'text',
    host: 'text ?',
    port: 'int4 ?',
    username: 'text ?',
    secretRef: 'text ?',
    options: 'jsonb ?',
    createdAt: 'timestamptz =',
    updatedAt: 'timestamptz =',
  },
  TenantOperation: {
    id: 'uuid',
    tenantId: 'uuid',
    kind: '"OperationKind"',
    state: '"OperationState" =',
    step: 'text ?',
    attempts: 'int4 =',
    cause: 'text ?',
    advice: 'text ?',
    requestedBy: 'text',
    idempotencyKey: 'text ?',
    bodyHash: 'text ?',
    startedAt: 'timestamptz ?',
    endedAt: 'timestamptz ?',
  },
  TenantResource: {
    id: 'uuid',
    tenantId: 'uuid',
    kind: '"BackendKind"',
    name: 'text',
    state: '"ResourceState" =',
    nonce: 'uuid',
    externalId: 'text ?',
    serverId: 'text ?',
    secretRef: 'text ?',
  },
};

const ENUMS = {
  TenantStatus: ['provisioning', 'active', 'suspended', 'deleting', 'deleted'],
  ConnectionService: ['postgres', 'mongodb', 'qdrant'],
  BackendKind: ['postgres', 'mongodb', 'qdrant', 'keycloak'],
  OperationState: ['requested', 'running', 'parked', 'undoing', 'done', 'rolled_back', 'refused', 'incomplete'],
  ResourceState: ['intended', 'present', 'disabled', 'absent', 'abandoned'],
};

let database: TestDatabase;

beforeAll(async () => {
  database = newTestDatabase();
  await database.migrate();
});
afterAll(() => database.drop());

describe('the columns others depend on', () => {
  it.each(Object.entries(PROMISED))('%s', async (table, promised) => {
    const columns = await query<{
      column_name: string;
      udt_name: string;
      data_type: string;
      is_nullable: string;
      column_default: string | null;
    }>(
      database.url,
      `SELECT column_name, udt_name, data_type, is_nullable, column_default FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1`,
      [table],
    );
    const found = columns.map((it) => {
      const type = it.data_type === 'USER-DEFINED' ? `"${it.udt_name}"` : it.udt_name;
      return [
        it.column_name,
        `${type}${it.is_nullable === 'YES' ? ' ?' : ''}${it.column_default === null ? '' : ' ='}`,
      ];
    });
    expect(Object.fromEntries(found)).toMatchObject(promised);
  });

  it.each(Object.entries(ENUMS))('values of %s', async (name, values) => {
    const labels = await query<{ enumlabel: string }>(
      database.url,
      'SELECT enumlabel FROM pg_enum WHERE enumtypid = $1::regtype ORDER BY enumsortorder',
      [`"${name}"`],
    );
    expect(labels.map((it) => it.enumlabel)).toEqual(values);
  });

  it('id is the primary key of each, and what is of a tenant belongs to a tenant that exists and stays', async () => {
    const keys = await query<{ table: string; key: string }>(
      database.url,
      `SELECT conrelid::regclass::text AS table, pg_get_constraintdef(oid) AS key FROM pg_constraint
       WHERE contype IN ('p', 'f') AND connamespace = 'public'::regnamespace AND conrelid <> '_prisma_migrations'::regclass ORDER BY 1, 2 DESC`,
    );
    const belongs = 'FOREIGN KEY ("tenantId") REFERENCES "Tenant"(id) ON UPDATE CASCADE ON DELETE RESTRICT';
    expect(keys.filter((it) => it.key.startsWith('PRIMARY')).map((it) => it.key)).toEqual(
      Array(23).fill('PRIMARY KEY (id)'),
    );
    expect(keys.filter((it) => it.key === belongs).map((it) => it.table)).toEqual([
      '"OperationAnswer"',
      '"TenantBlueprintFile"',
      '"TenantConnection"',
      '"TenantOperation"',
      '"TenantProvisionLog"',
      '"TenantResource"',
      '"TenantSecret"',
      '"TenantUsage"',
    ]);
  });
});
