import { randomBytes } from 'node:crypto';
import { createMasterClient, type PrismaClient } from '@freeflow/db-master';
import { createSecretStore, readSecretKeys, VaultLeftovers, type SecretVault } from '@freeflow/lib/secrets';
import { VaultKv } from '@freeflow/lib/vault';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { reconcileActivities } from '.';
import { openMaster, type Master } from '../../test/support/master';
import { pathsIn, startVault, type OwnVault } from '../../test/support/own-vault';
import { Installation } from '../installation';
import { Ledger } from '../ledger';
import { TenantLock } from '../tenant-lock';

const keys = readSecretKeys(randomBytes(32).toString('base64'));
let master: Master;
let db: PrismaClient;
let vault: OwnVault;
let kv: VaultKv;
let lock: TenantLock;

beforeAll(async () => {
  [master, vault] = await Promise.all([openMaster(), startVault()]);
  db = createMasterClient(master.workerUrl, { maxConnections: 5 });
  // By the worker's policy, which lists what is there of one tenant.
  kv = new VaultKv(vault.settingsOf(vault.worker));
  lock = new TenantLock(master.workerUrl);
});
afterAll(async () => {
  await Promise.all([kv.close(), lock.close(), db.$disconnect()]);
  await Promise.all([vault.stop(), master.drop()]);
});

async function newTenant(name: string): Promise<string> {
  const names = { name, realmName: name, postgresDb: name, mongoDb: name, qdrantCollection: name };
  const { id } = await db.tenant.create({ data: names });
  await db.tenantOperation.create({ data: { tenantId: id, kind: 'create', state: 'running', requestedBy: 'test' } });
  return id;
}

const storeOf = (place: SecretVault = kv) => createSecretStore(db, keys, { vault: place, store: 'vault' });
const passwordOf = (tenantId: string) => ({ tenantId, backend: 'postgres' as const, name: 'password' });
const left = async (tenantId: string) => (await pathsIn(vault)).filter((it) => it.includes(tenantId));

/** As an attempt that was given up for dead: its row goes while it writes, and it dies before it looks. */
async function leaveBehind(tenantId: string): Promise<void> {
  const dying = Object.assign(Object.create(kv) as VaultKv, {
    putIfAbsent: async (path: string, data: Record<string, string>) => {
      await kv.putIfAbsent(path, data);
      if (!path.includes(tenantId)) return true;
      await db.tenantSecret.deleteMany({ where: { tenantId } });
      throw new Error('it dies');
    },
  });
  await expect(storeOf(dying).keep(passwordOf(tenantId), 'hunter22')).rejects.toThrow('it dies');
  expect(await left(tenantId)).toHaveLength(1);
}

async function reconcile(fix: boolean, margin: 'none' | 'as ever' = 'none') {
  const installation = new Installation(db);
  const activities = reconcileActivities({
    db,
    secrets: storeOf(),
    leftovers: new VaultLeftovers(kv),
    marginMs: margin === 'none' ? 0 : undefined,
    lock,
    backends: [],
    plans: new Map(),
    installation,
    ledger: new Ledger(db, installation),
    startOperation: async () => 'started',
    hasOpenRun: async () => true,
  });
  const runId = crypto.randomUUID();
  const info = { workflowExecution: { workflowId: 'reconcile', runId } };
  const environment = new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') });
  await environment.run(() => activities.reconcile({ requestedBy: 'test', fix }));
  const { findings } = await db.reconcileReport.findUniqueOrThrow({ where: { id: runId } });
  return findings as unknown as { class: string; name: string; tenantId: string; fixed: boolean; what: string }[];
}

test('of a tenant that is gone it is found and destroyed, once it is old enough, and the next time there is nothing', async () => {
  const tenantId = await newTenant('gone');
  await leaveBehind(tenantId);
  await db.tenant.update({ where: { id: tenantId }, data: { status: 'deleted', goneAt: new Date() } });
  expect(await reconcile(true, 'as ever')).toEqual([]);
  expect(await left(tenantId)).toHaveLength(1);
  expect(await reconcile(false)).toMatchObject([
    { class: 'leftover', name: `secret/freeflow/${tenantId}/postgres/password`, tenantId, fixed: true },
  ]);
  expect(await left(tenantId)).toEqual([]);
  expect(await reconcile(false)).toEqual([]);
});

test('of a living one it is told, destroyed where repairs are wanted and no step is at work, and what has a row stays', async () => {
  const tenantId = await newTenant('living');
  await leaveBehind(tenantId);
  const other = { ...passwordOf(tenantId), backend: 'mongodb' as const };
  const { ref } = await storeOf().keep(other, 'hunter23');
  expect(await reconcile(false)).toMatchObject([{ class: 'leftover', tenantId, fixed: false }]);
  expect(await left(tenantId)).toHaveLength(2);
  const worker = new TenantLock(master.workerUrl);
  try {
    await worker.hold(`${tenantId}/postgres`, 1_000, new AbortController().signal, async () => {
      expect(await reconcile(true)).toEqual([]);
    });
  } finally {
    await worker.close();
  }
  expect(await left(tenantId)).toHaveLength(2);
  expect(await reconcile(true)).toMatchObject([{ class: 'leftover', tenantId, fixed: true }]);
  expect(await left(tenantId)).toEqual([`freeflow/${tenantId}/mongodb/password`]);
  expect(await storeOf().resolve(ref, other)).toBe('hunter23');
});

test('by its policy the worker lists what there is of a tenant, and not which tenants there are', async () => {
  const tenantId = await newTenant('listed');
  await storeOf().keep(passwordOf(tenantId), 'hunter22');
  expect(await kv.listBelow(`freeflow/${tenantId}`)).toEqual(await left(tenantId));
  await expect(kv.listBelow('freeflow')).rejects.toMatchObject({ code: 'vault-forbidden' });
});

test('where the vault does not answer, or does not let it list, that is told, and nothing else', async () => {
  await vault.seal();
  expect(await reconcile(false)).toMatchObject([{ class: 'unknown', what: expect.stringContaining('sealed') }]);
  await vault.unseal();
  const policy = 'path "secret/metadata/freeflow/+/*" {\n  capabilities = ["read", "delete"]\n}';
  await vault.admin('POST', 'sys/policies/acl/freeflow-worker', { policy });
  expect(await reconcile(false)).toMatchObject([
    { class: 'unknown', what: expect.stringContaining('no policy of this login allows list on secret/metadata/') },
  ]);
});
