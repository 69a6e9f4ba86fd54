import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { createMasterClient, SEALED_IN_USE, type PrismaClient } from '@freeflow/db-master';
import { createSecretStore, findOtherSealers, readSecretKeys, sealingKeyOf } from '@freeflow/lib/secrets';
import { VaultKv } from '@freeflow/lib/vault';
import { openWebhookSecrets, sealWebhookParts, type SealedRow } from '@freeflow/lib/webhooks';
import { TenantLock } from '../../activities/tenant-lock';
import { publishSealingKey } from '../../activities/webhooks/secret';
import { freeflowHere } from '../../test/support/freeflow-here';
import { newTestDatabase, query, type TestDatabase } from '../../test/support/migrated-database';
import { pathsIn, startVault, type OwnVault } from '../../test/support/own-vault';
import { until } from '../../test/support/until';
import { whileNoneMoves } from './move';
import { assertKeyInUse, hasOtherSealers } from './rekey';

const newKey = () => randomBytes(32).toString('base64');
let database: TestDatabase;
let db: PrismaClient;
let vault: OwnVault;
let kv: VaultKv;

beforeAll(async () => {
  vault = await startVault();
  kv = new VaultKv(vault.settingsOf(vault.worker));
});
afterAll(async () => {
  await kv.close();
  await vault.stop();
});
beforeEach(async () => {
  database = newTestDatabase();
  await database.migrate();
  db = createMasterClient(database.workerUrl);
});
afterEach(async () => {
  await db.$disconnect();
  await database.drop();
});

async function newTenant(name: string): Promise<string> {
  const names = { name, realmName: name, postgresDb: name, mongoDb: name, qdrantCollection: name };
  return (await db.tenant.create({ data: names })).id;
}

const ownerOf = (tenantId: string) => ({ tenantId, backend: 'postgres', name: 'password' }) as const;

/** Some tenants with a secret each, and a webhook, sealed by this key. */
async function fill(key: string, count = 3) {
  const keys = readSecretKeys(key);
  const store = createSecretStore(db, keys);
  const tenantIds = await Promise.all(Array.from({ length: count }, (_, at) => newTenant(`tenant${at}`)));
  for (const [at, tenantId] of tenantIds.entries()) await store.keep(ownerOf(tenantId), `hunter22-${at}`);
  const webhookId = crypto.randomUUID();
  const sealed = sealWebhookParts(sealingKeyOf(keys.current), webhookId, {
    secret: 'whsec_aHVudGVyMjI=',
    target: '/',
  });
  await query(
    database.url,
    `INSERT INTO "Webhook" (id, url, "eventTypes", "cursor", "createdBy") VALUES ($1, 'https://a.example', '{}', 0, 'test')`,
    [webhookId],
  );
  await query(database.url, `INSERT INTO "WebhookSecret" (id, "keyId", sealed) VALUES ($1, $2, $3)`, [
    webhookId,
    keys.current.id,
    Buffer.from(sealed),
  ]);
  // Its path was replaced since.
  await query(
    database.url,
    `INSERT INTO "WebhookReplacement" ("webhookId", part, "keyId", sealed) VALUES ($1, 'target', $2, $3)`,
    [
      webhookId,
      keys.current.id,
      Buffer.from(sealWebhookParts(sealingKeyOf(keys.current), webhookId, { target: '/later' })),
    ],
  );
  await publishSealingKey(db, keys);
  return { tenantIds, webhookId, keys };
}

/** What the audit trail says of commands, in order. */
const audited = async () =>
  (
    await query<{ action: string; outcome: string }>(
      database.url,
      `SELECT action, outcome FROM "AuditEvent" WHERE action LIKE 'secrets.%' ORDER BY "at"`,
    )
  ).map(({ action, outcome }) => `${action.replace('secrets.', '')} ${outcome}`);

const envWith = (key: string, old?: string): Record<string, string> => ({
  MASTER_DATABASE_URL: database.workerUrl,
  SECRETS_KEY: key,
  ...(old === undefined ? {} : { SECRETS_OLD_KEYS: old }),
  FREEFLOW_STACK_DIR: '/nonexistent',
});

describe('rekey', () => {
  it('seals everything by the new key, so that the former one opens nothing any more, and says so', async () => {
    const [old, current] = [newKey(), newKey()];
    const { tenantIds, webhookId } = await fill(old);
    await publishSealingKey(db, readSecretKeys(current));
    const { code, stdout, stderr } = await freeflowHere(['secrets', 'rekey'], envWith(current, old));
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining('3 secrets of tenants and 2 of webhooks'),
    });
    expect(stdout).toContain('take SECRETS_OLD_KEYS away');
    expect(stdout + stderr).not.toMatch(/hunter22|aHVudGVyMjI/);
    const alone = readSecretKeys(current);
    const store = createSecretStore(db, alone);
    for (const [at, tenantId] of tenantIds.entries()) {
      const [entry] = await store.list(tenantId);
      expect(await store.resolve(entry?.ref ?? '', ownerOf(tenantId))).toBe(`hunter22-${at}`);
    }
    const sealed = await db.$queryRaw<SealedRow[]>`
      SELECT s.* FROM "Webhook" w, LATERAL ${SEALED_IN_USE} s WHERE w.id = ${webhookId}::uuid`;
    expect(openWebhookSecrets(alone, webhookId, sealed)).toEqual({
      secrets: ['whsec_aHVudGVyMjI='],
      target: '/later',
    });
    const again = await freeflowHere(['secrets', 'rekey', '--json'], envWith(current));
    expect(JSON.parse(again.stdout)).toMatchObject({ tenants: 0, webhooks: 0, canDropOldKeys: true });
  });

  it('refuses while no worker has the key, and changes nothing', async () => {
    const [old, current] = [newKey(), newKey()];
    await fill(old);
    const before = await db.tenantSecret.findMany();
    const { code, stderr } = await freeflowHere(['secrets', 'rekey'], envWith(current, old));
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('First restart all workers') });
    expect(await db.tenantSecret.findMany()).toEqual(before);
    expect(await audited()).toEqual(['rekey refused']);
  });

  it('refuses during a rolling restart: one worker has the key, and others, idle ones too, still seal by the former', async () => {
    const [old, current] = [newKey(), newKey()];
    await fill(old);
    const before = await db.tenantSecret.findMany();
    await publishSealingKey(db, readSecretKeys(current));
    const worker = (key?: string) =>
      new TenantLock(database.workerUrl, undefined, key === undefined ? undefined : readSecretKeys(key).current.id);
    const workers = [worker(current), worker(old), worker()] as const;
    const rekey = () => freeflowHere(['secrets', 'rekey'], envWith(current, old));
    try {
      for (const it of workers) it.open();
      await until('all are there', async () => (await findOtherSealers(db, 'ffffffffffffffff')).length === 3);
      const { code, stderr } = await rekey();
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('and not that of the worker on') });
      expect(stderr.match(new RegExp(`on ${hostname()} `, 'g'))).toHaveLength(2);
      await workers[2].close();
      expect((await rekey()).stderr).not.toContain('nor of');
      expect(await db.tenantSecret.findMany()).toEqual(before);
      await workers[1].close();
      expect(await rekey()).toMatchObject({ code: 0 });
    } finally {
      for (const it of workers) await it.close();
    }
  });

  it('keeps the old keys where a worker that seals by one comes in the midst of it', async () => {
    const [old, current] = [newKey(), newKey()];
    await fill(old);
    const keys = readSecretKeys(current, old);
    await publishSealingKey(db, keys);
    const late = new TenantLock(database.workerUrl, undefined, readSecretKeys(old).current.id);
    try {
      await assertKeyInUse(db, keys);
      late.open();
      await until('it is there', () => hasOtherSealers(db, keys));
    } finally {
      await late.close();
    }
    expect(await hasOtherSealers(db, keys)).toBe(false);
  });

  it('goes on past what does not open, tells which, and that old keys are still needed', async () => {
    const [lost, old, current] = [newKey(), newKey(), newKey()];
    const { tenantIds } = await fill(old);
    const stranger = createSecretStore(db, readSecretKeys(lost));
    await stranger.keep({ ...ownerOf(tenantIds[0] ?? ''), backend: 'mongodb' }, 'x');
    await publishSealingKey(db, readSecretKeys(current));
    const { code, stdout, stderr } = await freeflowHere(['secrets', 'rekey'], envWith(current, old));
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining('Keep SECRETS_OLD_KEYS') });
    expect(stderr).toContain(`mongodb/password version 1 of tenant ${tenantIds[0] ?? ''}`);
  });

  it('beside writers loses and revives nothing: what they store meanwhile opens, what they delete stays deleted', async () => {
    const [old, current] = [newKey(), newKey()];
    const { tenantIds } = await fill(old, 40);
    const both = readSecretKeys(current, old);
    await publishSealingKey(db, both);
    const store = createSecretStore(db, both);
    const [deleted, kept] = [tenantIds.slice(0, 20), tenantIds.slice(20)];
    const [rekeyed] = await Promise.all([
      freeflowHere(['secrets', 'rekey', '--json'], envWith(current, old)),
      ...deleted.map((tenantId) => db.tenantSecret.deleteMany({ where: { tenantId } })),
      ...kept.map((tenantId) => store.keep({ ...ownerOf(tenantId), backend: 'mongodb' }, 'meanwhile')),
    ]);
    expect(rekeyed.code).toBe(0);
    const alone = createSecretStore(db, readSecretKeys(current));
    expect(await db.tenantSecret.count({ where: { tenantId: { in: deleted } } })).toBe(0);
    for (const tenantId of kept) {
      const entries = await alone.list(tenantId);
      expect(entries).toHaveLength(2);
      for (const { ref, ...owner } of entries) await alone.resolve(ref, { tenantId, ...owner });
    }
  });
});

describe('move', () => {
  const env = (key: string) => ({ ...envWith(key), ...vault.env });

  it('moves all there and back; the audit trail has both, and nothing shows a value', async () => {
    const key = newKey();
    const { tenantIds, keys } = await fill(key);
    const mine = async () => (await pathsIn(vault)).filter((it) => tenantIds.some((id) => it.includes(id)));
    const there = await freeflowHere(['secrets', 'move', '--to', 'vault'], env(key));
    expect(there).toMatchObject({ code: 0, stdout: expect.stringContaining('3 secrets moved to the vault') });
    expect(await mine()).toHaveLength(3);
    expect(await db.tenantSecret.count({ where: { keyId: null } })).toBe(3);
    const back = await freeflowHere(['secrets', 'move', '--to', 'db', '--json'], env(key));
    expect(JSON.parse(back.stdout)).toEqual({ done: 3, busy: 0, absent: 0, failed: [] });
    expect(await mine()).toEqual([]);
    const store = createSecretStore(db, keys);
    for (const [at, tenantId] of tenantIds.entries()) {
      const [entry] = await store.list(tenantId);
      expect(await store.resolve(entry?.ref ?? '', ownerOf(tenantId))).toBe(`hunter22-${at}`);
    }
    expect(await audited()).toEqual(['move begun', 'move done', 'move begun', 'move done']);
    const rows = await query<{ requestId: string }>(
      database.url,
      `SELECT DISTINCT "requestId" FROM "AuditEvent" WHERE "requestId" IS NOT NULL`,
    );
    expect(rows).toHaveLength(2);
    expect(there.stdout + there.stderr + back.stdout + back.stderr).not.toContain('hunter22');
  });

  it('leaves alone what a step works on, says so, and takes it the next time', async () => {
    const key = newKey();
    const { tenantIds } = await fill(key);
    const lock = new TenantLock(database.workerUrl);
    const held = `${tenantIds[0] ?? ''}/postgres`;
    try {
      await lock.hold(held, 1_000, new AbortController().signal, async () => {
        const { code, stdout } = await freeflowHere(['secrets', 'move', '--to', 'vault'], env(key));
        expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining('1 were in use by a step') });
      });
    } finally {
      await lock.close();
    }
    expect(await freeflowHere(['secrets', 'move', '--to', 'vault'], env(key))).toMatchObject({ code: 0 });
  });

  it('is refused while another one is at it', async () => {
    const key = newKey();
    await fill(key);
    await whileNoneMoves(database.workerUrl, async () => {
      const { code, stderr } = await freeflowHere(['secrets', 'move', '--to', 'vault'], env(key));
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('Another command') });
    });
    expect(await audited()).toEqual(['move refused']);
    expect(await db.tenantSecret.count({ where: { keyId: null } })).toBe(0);
  });

  it('needs a vault, and rights there', async () => {
    const key = newKey();
    await fill(key);
    expect(await freeflowHere(['secrets', 'move', '--to', 'vault'], envWith(key))).toMatchObject({ code: 2 });
    const { roleId, secretId } = vault.reader;
    const reader = { ...env(key), VAULT_ROLE_ID: roleId, VAULT_SECRET_ID: secretId };
    expect(await freeflowHere(['secrets', 'move', '--to', 'vault'], reader)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no policy of this login allows create, update'),
    });
    expect(await db.tenantSecret.count({ where: { keyId: null } })).toBe(0);
    expect(await audited()).toEqual(['move begun', 'move failed']);
  });

  it('takes key and login of the master database from the vault, as a worker does', async () => {
    const key = newKey();
    await fill(key);
    const data = { SECRETS_KEY: key, MASTER_DATABASE_URL: database.workerUrl };
    await vault.admin('POST', 'secret/data/freeflow/logins', { data });
    const referring = Object.keys(data).map((name) => [name, `vault://secret/freeflow/logins#${name}`] as const);
    const given = { ...env(key), ...Object.fromEntries(referring) };
    expect(await freeflowHere(['secrets', 'move', '--to', 'vault'], given)).toMatchObject({ code: 0 });
  });
});
