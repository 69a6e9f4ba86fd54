import { randomBytes } from 'node:crypto';
import { createMasterClient, type PrismaClient } from '@freeflow/db-master';
import { readSecretKeys } from '@freeflow/lib/secrets';
import { VaultKv } from '@freeflow/lib/vault';
import { newTestDatabase, query, type TestDatabase } from '../../test/support/migrated-database';
import { pathsIn, startVault, type OwnVault } from '../../test/support/own-vault';
import { until } from '../../test/support/until';
import { secretMover, type MovingDatabase } from './move-secret';
import { createSecretStore, type SecretStore } from './secret-store';
import type { SecretVault } from './vault-secrets';

const keys = readSecretKeys(randomBytes(32).toString('base64'));
let database: TestDatabase;
let db: PrismaClient;
let vault: OwnVault;
let kv: VaultKv;

beforeAll(async () => {
  database = newTestDatabase();
  [vault] = await Promise.all([startVault(), database.migrate()]);
  db = createMasterClient(database.workerUrl);
  kv = new VaultKv(vault.settingsOf(vault.worker));
});
afterAll(async () => {
  await kv.close();
  await db.$disconnect();
  await Promise.all([database.drop(), vault.stop()]);
});

type Place = 'db' | 'vault';
const other = (place: Place): Place => (place === 'db' ? 'vault' : 'db');
const storeIn = (store: Place): SecretStore => createSecretStore(db, keys, { vault: kv, store });

let tenants = 0;

/** A tenant with a secret in one place, to which its connection and its entry of the ledger refer. */
async function newSecret(place: Place) {
  const name = `tenant${(tenants += 1)}`;
  const names = { name, realmName: name, postgresDb: name, mongoDb: name, qdrantCollection: name };
  const { id: tenantId } = await db.tenant.create({ data: names });
  const owner = { tenantId, backend: 'postgres', name: 'password' } as const;
  const { ref } = await storeIn(place).keep(owner, 'hunter22');
  await db.tenantConnection.create({ data: { tenantId, service: 'postgres', dbName: name, secretRef: ref } });
  await db.tenantResource.create({
    data: { tenantId, kind: 'postgres', name, secretRef: ref, nonce: crypto.randomUUID() },
  });
  const { id } = await db.tenantSecret.findFirstOrThrow({ where: { tenantId } });
  const references = async () => [
    (await db.tenantConnection.findFirstOrThrow({ where: { tenantId } })).secretRef,
    (await db.tenantResource.findFirstOrThrow({ where: { tenantId } })).secretRef,
  ];
  return { id, tenantId, owner, ref, references };
}

/** What the vault has of it. */
const inVault = async (tenantId: string) => (await pathsIn(vault)).filter((it) => it.includes(tenantId));

class Crash extends Error {}

/** Dies at one of its calls, as a process may: before it (even numbers), or when it has had its effect (odd ones). */
function dying(at: number): { vault: SecretVault; db: MovingDatabase; hasDied: () => boolean } {
  const [last, hasEffect] = [Math.floor(at / 2), at % 2 === 1];
  let calls = 0;
  let isDead = false;
  const die = (): never => {
    isDead = true;
    throw new Crash();
  };
  const pass = async <T>(call: () => PromiseLike<T>): Promise<T> => {
    if (isDead) die();
    const isLast = calls++ === last;
    if (isLast && !hasEffect) die();
    const result = await call();
    return isLast ? die() : result;
  };
  const moving = db as unknown as MovingDatabase;
  return {
    vault: {
      mount: kv.mount,
      path: kv.path,
      putIfAbsent: (at, data) => pass(() => kv.putIfAbsent(at, data)),
      read: (at, version) => pass(() => kv.read(at, version)),
      destroy: (at) => pass(() => kv.destroy(at)),
    },
    db: {
      $queryRaw: (query, ...values) => pass(() => moving.$queryRaw(query, ...values)),
      $transaction: (act, options) => pass(() => moving.$transaction(act, options)),
    } as MovingDatabase,
    hasDied: () => isDead,
  };
}

describe.each(['vault', 'db'] as const)('to %s', (to) => {
  it('moves value and references, leaves nothing behind, and the former reference leads to it', async () => {
    const { id, tenantId, owner, ref, references } = await newSecret(other(to));
    const move = secretMover(db as unknown as MovingDatabase, keys, kv);
    expect(await move(to, id)).toBe('moved');
    const [entry] = await storeIn(to).list(tenantId);
    expect(entry?.ref).toMatch(to === 'db' ? /^db:/ : /^vault:/);
    expect(await references()).toEqual([entry?.ref, entry?.ref]);
    for (const each of [ref, entry?.ref ?? '']) expect(await storeIn('db').resolve(each, owner)).toBe('hunter22');
    expect(await inVault(tenantId)).toHaveLength(to === 'vault' ? 1 : 0);
    expect(await db.tenantSecret.findUniqueOrThrow({ where: { id } })).toMatchObject(
      to === 'db' ? { vaultRef: null, keyId: keys.current.id } : { keyId: null, wrappedKey: null, ciphertext: null },
    );
    expect(await move(to, id)).toBe('moved');
  });

  it('dying anywhere it leaves a secret that can be read, and the next run ends it', async () => {
    let points = 0;
    for (let at = 0; ; at++) {
      const { id, tenantId, owner, ref } = await newSecret(other(to));
      const mortal = dying(at);
      await secretMover(
        mortal.db,
        keys,
        mortal.vault,
      )(to, id).catch((error: unknown) => {
        if (!(error instanceof Crash)) throw error;
      });
      if (!mortal.hasDied()) break;
      points += 1;
      expect(await storeIn('db').resolve(ref, owner)).toBe('hunter22');
      expect(await storeIn('vault').keep(owner, 'another')).toMatchObject({ value: 'hunter22' });
      expect(await secretMover(db as unknown as MovingDatabase, keys, kv)(to, id)).toBe('moved');
      expect(await storeIn('db').resolve(ref, owner)).toBe('hunter22');
      expect(await inVault(tenantId)).toHaveLength(to === 'vault' ? 1 : 0);
    }
    expect(points).toBeGreaterThan(4);
  });

  it('dying anywhere and turned round it leaves nothing where it no longer is', async () => {
    for (let at = 0; ; at++) {
      const { id, tenantId, owner, ref } = await newSecret(other(to));
      const mortal = dying(at);
      await secretMover(mortal.db, keys, mortal.vault)(to, id).catch(() => undefined);
      expect(await secretMover(db as unknown as MovingDatabase, keys, kv)(other(to), id)).toBe('moved');
      expect(await storeIn('db').resolve(ref, owner)).toBe('hunter22');
      expect(await inVault(tenantId)).toHaveLength(to === 'vault' ? 0 : 1);
      if (!mortal.hasDied()) break;
    }
  });

  it('a tenant that is ended anywhere in between leaves nothing in the vault', async () => {
    for (let at = 0; ; at++) {
      const { id, tenantId } = await newSecret(other(to));
      const mortal = dying(at);
      await secretMover(mortal.db, keys, mortal.vault)(to, id).catch(() => undefined);
      await end(tenantId);
      expect(await inVault(tenantId)).toEqual([]);
      if (!mortal.hasDied()) break;
    }
  });

  it('a tenant that is ended at the same time leaves nothing in the vault', async () => {
    for (let round = 0; round < 10; round++) {
      const { id, tenantId } = await newSecret(other(to));
      await Promise.all([secretMover(db as unknown as MovingDatabase, keys, kv)(to, id), end(tenantId)]);
      expect(await inVault(tenantId)).toEqual([]);
    }
  });
});

const end = (tenantId: string): Promise<unknown> =>
  db.$transaction(async (tx) => {
    await storeIn('db').destroyInVault(tenantId, tx);
    await tx.tenantSecret.deleteMany({ where: { tenantId } });
  });

describe('two that move the same secret in opposite directions', () => {
  const move = (place: SecretVault = kv, on: MovingDatabase = db as unknown as MovingDatabase) =>
    secretMover(on, keys, place);
  const vaultWith = (more: Partial<SecretVault>): SecretVault => ({
    mount: kv.mount,
    path: kv.path,
    putIfAbsent: (...it) => kv.putIfAbsent(...it),
    read: (...it) => kv.read(...it),
    destroy: (...it) => kv.destroy(...it),
    ...more,
  });

  it('do so one after the other: none is moved to the vault while the copy there is being destroyed', async () => {
    const { id, owner, ref } = await newSecret('vault');
    let another: Promise<unknown> | undefined;
    const waits = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    const destroy = async (at: string) => {
      let isDone = false;
      another = move()('vault', id).finally(() => (isDone = true));
      await until('the other one waits', async () => isDone || (await query(database.url, waits)).length > 0);
      await kv.destroy(at);
    };
    expect(await move(vaultWith({ destroy }))('db', id)).toBe('moved');
    expect(await another).toBe('moved');
    expect(await storeIn('db').resolve(ref, owner)).toBe('hunter22');
  });

  it('one that was moved back to the vault meanwhile is left there', async () => {
    const { id, owner, ref } = await newSecret('vault');
    let turned: unknown;
    const moving = db as unknown as MovingDatabase;
    const on = Object.create(moving, {
      $queryRaw: { value: moving.$queryRaw.bind(moving) },
      $transaction: {
        value: async (...args: Parameters<MovingDatabase['$transaction']>) => {
          const result = await moving.$transaction(...args);
          turned ??= await move()('vault', id);
          return result;
        },
      },
    }) as MovingDatabase;
    expect(await move(kv, on)('db', id)).toBe('busy');
    expect(turned).toBe('moved');
    expect(await storeIn('db').resolve(ref, owner)).toBe('hunter22');
  });

  it('one on its way to the vault is not destroyed there between its reading back and the commit', async () => {
    const { id, owner, ref } = await newSecret('db');
    let back: unknown;
    const read = async (at: string, version?: number) => {
      const value = await kv.read(at, version);
      let destroyed = (): void => undefined;
      const isDestroyed = new Promise<void>((resolve) => (destroyed = resolve));
      const destroy = (place: string) => kv.destroy(place).finally(destroyed);
      back = await Promise.race([move(vaultWith({ destroy }))('db', id), isDestroyed]);
      return value;
    };
    expect(await move(vaultWith({ read }))('vault', id)).toBe('moved');
    expect(back).toBe('busy');
    expect(await storeIn('db').resolve(ref, owner)).toBe('hunter22');
  });
});

it('of a resource that is there, what the vault does not have is lost, and said to be', async () => {
  const { id, tenantId } = await newSecret('vault');
  await db.tenantResource.updateMany({ where: { tenantId }, data: { state: 'present' } });
  await kv.destroy(`freeflow/${tenantId}/postgres/password`);
  await expect(secretMover(db as unknown as MovingDatabase, keys, kv)('db', id)).rejects.toMatchObject({
    code: 'secret-not-found',
    message: expect.stringContaining('not in the vault any more'),
  });
});

it('replaces what a former move has left in the vault, where another value was stored since', async () => {
  const { id, tenantId, owner } = await newSecret('db');
  await kv.putIfAbsent(`freeflow/${tenantId}/postgres/password`, {
    value: 'of old',
    tenant: tenantId,
    backend: 'postgres',
    name: 'password',
  });
  const move = secretMover(db as unknown as MovingDatabase, keys, kv);
  expect(await move('vault', id)).toBe('moved');
  const [entry] = await storeIn('db').list(tenantId);
  expect(await storeIn('db').resolve(entry?.ref ?? '', owner)).toBe('hunter22');
});

it('says that nothing is stored yet, where a create has not come that far', async () => {
  const { id, tenantId } = await newSecret('vault');
  await kv.destroy(`freeflow/${tenantId}/postgres/password`);
  expect(await secretMover(db as unknown as MovingDatabase, keys, kv)('db', id)).toBe('absent');
});

it.each([
  ['leads to another tenant', async (id: string) => (await newSecret('vault')).ref.replace(id, id)],
  ['leads elsewhere', async () => 'vault://secret/elsewhere/x?v=1'],
])('a row that %s is refused', async (_how, refOf) => {
  const { id, owner, ref } = await newSecret('vault');
  await db.tenantSecret.update({ where: { id }, data: { vaultRef: await refOf(id) } });
  await expect(storeIn('db').resolve(ref, owner)).rejects.toMatchObject({ code: 'secret-ref-foreign' });
});

it('what was copied to the path of another tenant is refused', async () => {
  const [one, two] = [await newSecret('vault'), await newSecret('vault')];
  const at = ({ tenantId }: { tenantId: string }) => `freeflow/${tenantId}/postgres/password`;
  const copied = await kv.read(at(one), 1);
  await kv.destroy(at(two));
  await kv.putIfAbsent(at(two), copied ?? {});
  await expect(storeIn('db').resolve(two.ref, two.owner)).rejects.toMatchObject({
    code: 'secret-unreadable',
    message: expect.not.stringContaining('hunter22'),
  });
});
