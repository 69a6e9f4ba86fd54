import { randomBytes, randomUUID } from 'node:crypto';
import { tenantNames } from '@freeflow/contract';
import { createMasterClient, resolveSecret, type PrismaClient } from '@freeflow/db-master';
import { createSecretStore, type SecretStore, readSecretKeys } from '@freeflow/lib/secrets';
import { connect } from '../../cli/commands/connect';
import { newName } from '../support/activity-harness';
import { openMaster, type Master } from '../support/master';

/** Somebody who writes rows of the master database and has no key: what is in docs/threat-model.md is tried here. */
const SECRETS_KEY = randomBytes(32).toString('base64');
const keys = readSecretKeys(SECRETS_KEY);

let master: Master;
let db: PrismaClient;
let store: SecretStore;
let acme: { id: string; name: string; ref: string };
let globex: { id: string; name: string; ref: string };

beforeAll(async () => {
  master = await openMaster();
  db = createMasterClient(master.workerUrl, { maxConnections: 2 });
  store = createSecretStore(db, keys);
});
afterAll(async () => {
  await db.$disconnect();
  await master.drop();
});
beforeEach(async () => {
  [acme, globex] = [await newTenant('acme'), await newTenant('globex')];
});

async function newTenant(prefix: string): Promise<typeof acme> {
  const name = newName(prefix);
  const { id } = await db.tenant.create({ data: { name, ...tenantNames(name), status: 'active' } });
  const { ref } = await store.keep({ tenantId: id, backend: 'postgres', name: 'password' }, `of ${prefix}`);
  await db.tenantConnection.create({
    data: {
      tenantId: id,
      service: 'postgres',
      dbName: name,
      host: '127.0.0.1',
      port: 5432,
      username: name,
      secretRef: ref,
    },
  });
  return { id, name, ref };
}

/** As an application of the platform does: by the reference that stands on the tenant's connection. */
async function secretOf(tenantId: string, name?: string): Promise<string> {
  const { secretRef } = await db.tenantConnection.findUniqueOrThrow({
    where: { tenantId_service: { tenantId, service: 'postgres' } },
  });
  return resolveSecret(secretRef ?? '', {
    masterDatabaseUrl: master.workerUrl,
    keys,
    owner: { tenantId, backend: 'postgres', ...(name === undefined ? {} : { name }) },
  });
}

const pointTo = (secretRef: string) =>
  db.tenantConnection.updateMany({ where: { tenantId: acme.id }, data: { secretRef } });

test("a reference leads to its own tenant's secret", async () => {
  expect(await secretOf(acme.id)).toBe('of acme');
  expect(await secretOf(acme.id.toUpperCase())).toBe('of acme');
  expect(await secretOf(acme.id, 'password')).toBe('of acme');
});

test("pointed at another tenant's secret, it is refused", async () => {
  await pointTo(globex.ref);
  await expect(secretOf(acme.id)).rejects.toMatchObject({
    code: 'secret-ref-foreign',
    message: expect.not.stringContaining('of globex'),
  });
});

test('pointed at a secret of another backend, or of another name, of the same tenant, it is refused', async () => {
  const { ref: elsewhere } = await store.keep(
    { tenantId: acme.id, backend: 'keycloak', name: 'admin-password' },
    "the admin's",
  );
  await pointTo(elsewhere);
  await expect(secretOf(acme.id)).rejects.toMatchObject({ code: 'secret-ref-foreign' });
  const { ref: other } = await store.keep({ tenantId: acme.id, backend: 'postgres', name: 'other' }, 'other');
  await pointTo(other);
  await expect(secretOf(acme.id, 'password')).rejects.toMatchObject({ code: 'secret-ref-foreign' });
});

describe("another tenant's secret whose row is made to fit does not open", () => {
  const forgeries: [string, () => Promise<unknown>][] = [
    [
      'moved',
      async () => {
        await db.tenantSecret.deleteMany({ where: { tenantId: acme.id } });
        await db.tenantSecret.updateMany({ where: { tenantId: globex.id }, data: { tenantId: acme.id } });
        await pointTo(globex.ref);
      },
    ],
    [
      'copied',
      async () => {
        const { id: _id, ...row } = await db.tenantSecret.findFirstOrThrow({ where: { tenantId: globex.id } });
        const id = randomUUID();
        await db.tenantSecret.create({ data: { ...row, id, tenantId: acme.id, version: 2 } });
        await pointTo(`db://${id}?v=2`);
      },
    ],
    [
      'its envelope put into the own row',
      async () => {
        const { wrappedKey, ciphertext } = await db.tenantSecret.findFirstOrThrow({ where: { tenantId: globex.id } });
        await db.tenantSecret.updateMany({ where: { tenantId: acme.id }, data: { wrappedKey, ciphertext } });
      },
    ],
    [
      'its ciphertext alone put into the own row',
      async () => {
        const { ciphertext } = await db.tenantSecret.findFirstOrThrow({ where: { tenantId: globex.id } });
        await db.tenantSecret.updateMany({ where: { tenantId: acme.id }, data: { ciphertext } });
      },
    ],
  ];
  test.each(forgeries)('%s', async (_how, forge) => {
    await forge();
    await expect(secretOf(acme.id)).rejects.toMatchObject({ code: 'secret-unreadable' });
    const env = { MASTER_DATABASE_URL: master.workerUrl, SECRETS_KEY, KEYCLOAK_URL: 'http://127.0.0.1:1' };
    // It hands out the version that the ledger has: what else there is of the tenant, it does not look at.
    const shown = JSON.stringify(await connect(acme.name, undefined, env).catch(String));
    expect(shown).toMatch(/does not open|"of acme"/);
    expect(shown).not.toContain('of globex');
  });
});

test('what connect prints does not follow the reference at all, so pointing it elsewhere changes nothing', async () => {
  await pointTo(globex.ref);
  const { postgres } = await connect(acme.name, 'postgres', {
    MASTER_DATABASE_URL: master.workerUrl,
    SECRETS_KEY,
    KEYCLOAK_URL: 'http://127.0.0.1:1',
  });
  expect(postgres).toMatchObject({ password: 'of acme' });
});
