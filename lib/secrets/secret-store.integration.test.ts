import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { createMasterClient, resolveSecret, type PrismaClient } from '@freeflow/db-master';
import { readSecretKeys } from '@freeflow/lib/secrets';
import { newTestDatabase, outcomeOf, query, withLogin, type TestDatabase } from '../../test/support/migrated-database';
import { createSecretStore, type SecretStore } from './secret-store';

const keys = readSecretKeys(randomBytes(32).toString('base64'));
let database: TestDatabase;
let db: PrismaClient;
let store: SecretStore;
let tenantId: string;

beforeAll(async () => {
  database = newTestDatabase();
  await database.migrate();
  // With the rights of the worker, which is who keeps secrets.
  db = createMasterClient(database.workerUrl);
  store = createSecretStore(db, keys);
});
afterAll(async () => {
  await db.$disconnect();
  await database.drop();
});
beforeEach(async () => {
  tenantId = await newTenant();
});

let tenants = 0;

async function newTenant(): Promise<string> {
  const name = `tenant${(tenants += 1)}`;
  return (
    await db.tenant.create({ data: { name, realmName: name, postgresDb: name, mongoDb: name, qdrantCollection: name } })
  ).id;
}

const password = () => ({ tenantId, backend: 'postgres' as const, name: 'password' });
const rowsOf = (id: string) => db.tenantSecret.findMany({ where: { tenantId: id } });

it('finds what is stored of a tenant at one backend, by name, and nothing else', async () => {
  const stored = await store.keep(password(), 'hunter22');
  await store.keep({ ...password(), backend: 'mongodb' }, 'of another backend');
  await store.keep({ ...password(), tenantId: await newTenant() }, 'of another tenant');
  const found = await store.findAll({ tenantId, backend: 'postgres' }, ['password', 'never-stored']);
  expect([...found]).toEqual([['password', stored]]);
});

it('a secret of a name that is not asked for does no harm where it does not open', async () => {
  const stored = await store.keep(password(), 'hunter22');
  await createSecretStore(db, readSecretKeys(randomBytes(32).toString('base64'))).keep(
    { ...password(), name: 'of-old' },
    'sealed by a key that is lost',
  );
  expect([...(await store.findAll({ tenantId, backend: 'postgres' }, ['password']))]).toEqual([['password', stored]]);
});

describe('keep', () => {
  it('stores a value and gives a reference by which it is resolved', async () => {
    const { ref, value } = await store.keep(password(), 'hunter22');
    expect(value).toBe('hunter22');
    expect(ref).toBe(`db://${(await rowsOf(tenantId))[0]?.id ?? ''}?v=1`);
    expect(await store.resolve(ref, password())).toBe('hunter22');
  });

  it('keeps the first value: a second one is answered with the first and its reference', async () => {
    const first = await store.keep(password(), 'first');
    const [before] = await rowsOf(tenantId);
    expect(await store.keep(password(), 'second')).toEqual(first);
    expect(await rowsOf(tenantId)).toEqual([before]);
  });

  it('lets twenty race over connections of their own: one value is stored and all get it, with one reference', async () => {
    const clients = Array.from({ length: 20 }, () => createMasterClient(database.workerUrl, { maxConnections: 1 }));
    try {
      await Promise.all(clients.map((it) => it.$queryRaw`SELECT 1`));
      const kept = await Promise.all(
        clients.map((it, at) => createSecretStore(it, keys).keep(password(), `value ${at}`)),
      );
      expect(new Set(kept.map((it) => JSON.stringify(it))).size).toBe(1);
      expect(await rowsOf(tenantId)).toHaveLength(1);
      expect(await store.resolve(kept[0]?.ref ?? '', password())).toBe(kept[0]?.value);
    } finally {
      await Promise.all(clients.map((it) => it.$disconnect()));
    }
  });

  it('takes part in a transaction: what is rolled back was never kept', async () => {
    const undone = db.$transaction(async (tx) => {
      await createSecretStore(tx, keys).keep(password(), 'hunter22');
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(await rowsOf(tenantId)).toEqual([]);
  });

  it('never replaces a value it cannot open: it fails instead', async () => {
    await store.keep(password(), 'hunter22');
    const stranger = createSecretStore(db, readSecretKeys(randomBytes(32).toString('base64')));
    await expect(stranger.keep(password(), 'other')).rejects.toMatchObject({ code: 'secret-key-unknown' });
    expect(await store.keep(password(), 'other')).toMatchObject({ value: 'hunter22' });
  });

  it('writes nothing of the value into the database', async () => {
    await store.keep(password(), 'hunter22');
    const [row] = await query<{ text: string }>(
      database.url,
      'SELECT s::text AS text FROM "TenantSecret" s WHERE "tenantId" = $1',
      [tenantId],
    );
    expect(row?.text).toContain(tenantId);
    expect(row?.text).not.toMatch(new RegExp(`hunter22|${Buffer.from('hunter22').toString('hex')}`));
  });
});

describe('resolve', () => {
  it('says which reference leads nowhere: an unknown row, another version', async () => {
    const { ref } = await store.keep(password(), 'hunter22');
    for (const wrong of [`db://${randomUUID()}?v=1`, ref.replace('v=1', 'v=2')]) {
      await expect(store.resolve(wrong, password())).rejects.toMatchObject({
        code: 'secret-not-found',
        message: `There is no secret ${wrong}.`,
      });
    }
  });

  it('refuses what is no reference', async () => {
    await expect(store.resolve('hunter22', password())).rejects.toMatchObject({ code: 'secret-ref-invalid' });
  });
});

describe('a row changed by hand', () => {
  const copies: [string, string][] = [
    [
      'copied to another tenant',
      'INSERT INTO "TenantSecret" ("id", "tenantId", "backend", "name", "version", "keyId", "wrappedKey", "ciphertext") SELECT $2, $3, "backend", "name", "version", "keyId", "wrappedKey", "ciphertext" FROM "TenantSecret" WHERE "id" = $1',
    ],
    ['moved to another tenant', 'UPDATE "TenantSecret" SET "id" = $2, "tenantId" = $3 WHERE "id" = $1'],
    [
      'given to another backend',
      `UPDATE "TenantSecret" SET "id" = $2, "backend" = 'mongodb' WHERE "id" = $1 AND $3::uuid IS NOT NULL`,
    ],
    [
      'given another name',
      `UPDATE "TenantSecret" SET "id" = $2, "name" = 'other' WHERE "id" = $1 AND $3::uuid IS NOT NULL`,
    ],
  ];
  it.each(copies)('does not open: %s', async (_how, statement) => {
    await store.keep(password(), 'hunter22');
    const [row] = await rowsOf(tenantId);
    const id = randomUUID();
    await query(database.url, statement, [row?.id, id, await newTenant()]);
    const changed = await db.tenantSecret.findUniqueOrThrow({ where: { id } });
    await expect(store.resolve(`db://${id}?v=1`, changed)).rejects.toMatchObject({
      code: 'secret-unreadable',
      message: expect.not.stringContaining('hunter22'),
    });
  });

  it('opens under another id: the id is no part of what a secret belongs to', async () => {
    await store.keep(password(), 'hunter22');
    const id = randomUUID();
    await query(database.url, 'UPDATE "TenantSecret" SET "id" = $1 WHERE "tenantId" = $2', [id, tenantId]);
    expect(await store.resolve(`db://${id}?v=1`, password())).toBe('hunter22');
  });
});

it('lists references only', async () => {
  const one = await store.keep(password(), 'hunter22');
  const two = await store.keep({ tenantId, backend: 'keycloak', name: 'client-secret' }, 'hunter23');
  await store.keep({ tenantId: await newTenant(), backend: 'postgres', name: 'password' }, "somebody else's");
  expect((await store.list(tenantId)).toSorted((a, b) => a.name.localeCompare(b.name))).toEqual([
    { backend: 'keycloak', name: 'client-secret', version: 1, ref: two.ref },
    { backend: 'postgres', name: 'password', version: 1, ref: one.ref },
  ]);
});

describe('resolveSecret', () => {
  const resolve = (ref: string, masterDatabaseUrl: string) =>
    resolveSecret(ref, { masterDatabaseUrl, keys, owner: password() });

  it('resolves over a connection of its own as the worker, and leaves none open, also when it fails', async () => {
    const { ref } = await store.keep(password(), 'hunter22');
    expect(await resolve(ref, database.workerUrl)).toBe('hunter22');
    await expect(resolve(`db://${randomUUID()}?v=1`, database.workerUrl)).rejects.toMatchObject({
      code: 'secret-not-found',
    });
    await noConnectionIsLeft();
  });

  it('is in the audit trail before anybody sees the secret: whose, and who has read it; what fails is not', async () => {
    const { ref } = await store.keep(password(), 'hunter22');
    await resolve(ref, database.workerUrl);
    const rows = () =>
      query(database.url, 'SELECT channel, action, outcome, actor, detail FROM "AuditEvent" WHERE "tenantId" = $1', [
        tenantId,
      ]);
    const row = { channel: 'library', action: 'secrets.resolve', outcome: 'done', actor: expect.stringMatching(/.@./) };
    expect(await rows()).toEqual([{ ...row, detail: { ref, backend: 'postgres', name: 'password' } }]);
    await query(database.url, `REVOKE INSERT ON "AuditEvent" FROM ${database.roles.worker}`);
    try {
      await expect(resolve(ref, database.workerUrl)).rejects.toThrow('denied');
    } finally {
      await query(database.url, `GRANT INSERT ON "AuditEvent" TO ${database.roles.worker}`);
    }
    expect(await rows()).toHaveLength(1);
  });

  it('takes a login that may read TenantSecret and add to AuditEvent, and nothing else; the trail has the name all the same', async () => {
    const { ref } = await store.keep(password(), 'hunter22');
    const login = `${database.roles.worker}_app`;
    await query(
      database.url,
      `CREATE ROLE ${login} LOGIN PASSWORD 'app'; GRANT CONNECT ON DATABASE ${database.name} TO ${login};
       GRANT SELECT ON "TenantSecret" TO ${login}; GRANT INSERT ON "AuditEvent" TO ${login}`,
    );
    try {
      expect(await resolve(ref, withLogin(database.url, login, 'app'))).toBe('hunter22');
      const rows = await query(database.url, 'SELECT "tenantName" FROM "AuditEvent" WHERE "tenantId" = $1', [tenantId]);
      expect(rows).toEqual([{ tenantName: `tenant${tenants}` }]);
    } finally {
      await query(database.url, `DROP OWNED BY ${login}; DROP ROLE ${login}`);
    }
  });

  it('is refused for the API, whose role cannot read secrets', async () => {
    const { ref } = await store.keep(password(), 'hunter22');
    expect(await outcomeOf(query(database.apiUrl, 'SELECT "ciphertext" FROM "TenantSecret"'))).toBe('42501');
    await expect(resolve(ref, database.apiUrl)).rejects.toThrow('denied');
    await noConnectionIsLeft();
  });

  /** The server notices the end of a connection a moment after the client. */
  async function noConnectionIsLeft(): Promise<void> {
    const open = () =>
      query(
        database.url,
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'freeflow-resolve-secret'`,
      );
    for (const deadline = Date.now() + 5_000; Date.now() < deadline && (await open()).length > 0;) await pause(20);
    expect(await open()).toEqual([]);
  }
});
