import { randomBytes, randomUUID } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { createMasterClient, type PrismaClient } from '@freeflow/db-master';
import { readSecretKeys } from '@freeflow/lib/secrets';
import { VaultKv } from '@freeflow/lib/vault';
import { freePort } from '../../stack/ports';
import { newTestDatabase, query, type TestDatabase } from '../../test/support/migrated-database';
import { startVault, type OwnVault } from '../../test/support/own-vault';
import { startProxy, type TcpProxy } from '../../test/support/tcp-proxy';
import { secretMover } from './move-secret';
import { createSecretStore, type SecretPlaces, type SecretStore } from './secret-store';

// What every store of secrets does, wherever it keeps them. What one of them alone does: secret-store, vault-secrets.

const keys = readSecretKeys(randomBytes(32).toString('base64'));
let database: TestDatabase;
let db: PrismaClient;
let vault: OwnVault;
let own: VaultKv;
/** Another vault, as where a name leads elsewhere: well, with the same engine and logins, and empty. */
let foreign: OwnVault;
const opened: VaultKv[] = [];

const open = (...settings: Parameters<OwnVault['settingsOf']>): VaultKv => {
  const kv = new VaultKv({ ...vault.settingsOf(...settings), timeoutMs: 1_000 });
  opened.push(kv);
  return kv;
};

beforeAll(async () => {
  database = newTestDatabase();
  [vault, foreign] = await Promise.all([startVault(), startVault(), database.migrate()]);
  // With the rights of the worker, which is who keeps secrets.
  db = createMasterClient(database.workerUrl);
  own = open(vault.worker);
});
afterAll(async () => {
  await Promise.all(opened.map((it) => it.close()));
  await db.$disconnect();
  await Promise.all([database.drop(), vault.stop(), foreign.stop()]);
});

let tenants = 0;

async function newTenant(): Promise<string> {
  const name = `tenant${(tenants += 1)}`;
  return (
    await db.tenant.create({ data: { name, realmName: name, postgresDb: name, mongoDb: name, qdrantCollection: name } })
  ).id;
}

interface Subject {
  ref: RegExp;
  places: () => SecretPlaces;
  /** By somebody who may not open what is stored, and how that fails. */
  stranger: () => SecretStore;
  refusal: string;
  /** What lies between the store and its server, and how it fails while that is shut. */
  behind: (proxy: TcpProxy) => { store: SecretStore; end: () => Promise<void> };
  server: () => string;
  outage: object;
}

const SUBJECTS: Record<'db' | 'vault', Subject> = {
  db: {
    ref: /^db:\/\/[0-9a-f-]{36}\?v=1$/,
    places: () => ({}),
    stranger: () => createSecretStore(db, readSecretKeys(randomBytes(32).toString('base64'))),
    refusal: 'secret-key-unknown',
    server: () => database.workerUrl,
    behind: ({ port }) => {
      const url = new URL(database.workerUrl);
      url.port = String(port);
      const client = createMasterClient(url.href);
      return { store: createSecretStore(client, keys), end: () => client.$disconnect() };
    },
    outage: { message: expect.stringMatching(/terminated|connect|reach/i) },
  },
  vault: {
    ref: /^vault:\/\/secret\/freeflow\/[0-9a-f-]{36}\/postgres\/password\?v=1$/,
    places: () => ({ vault: own, store: 'vault' }),
    // The reader may read, and the policy that would let it write is missing.
    stranger: () => createSecretStore(db, keys, { vault: open(vault.reader), store: 'vault' }),
    refusal: 'vault-forbidden',
    server: () => vault.url,
    behind: ({ port }) => {
      const kv = open(vault.worker, `http://127.0.0.1:${port}`);
      return { store: createSecretStore(db, keys, { vault: kv, store: 'vault' }), end: async () => undefined };
    },
    outage: { code: 'vault-unavailable' },
  },
};

describe.each(Object.entries(SUBJECTS))('%s', (_name, subject) => {
  let store: SecretStore;
  let tenantId: string;
  beforeAll(() => {
    store = createSecretStore(db, keys, subject.places());
  });
  beforeEach(async () => {
    tenantId = await newTenant();
  });
  const password = () => ({ tenantId, backend: 'postgres' as const, name: 'password' });

  it('stores a value and gives a reference by which it is resolved', async () => {
    const { ref, value } = await store.keep(password(), 'hunter22');
    expect(value).toBe('hunter22');
    expect(ref).toMatch(subject.ref);
    expect(await store.resolve(ref, password())).toBe('hunter22');
  });

  it.each(['', 'ünïcödé \u{1f511}', '"quoted" \\ {"json":1}\n', 'x'.repeat(20_000)])(
    'gives back what it was given, to the letter: %#',
    async (value) => {
      const { ref } = await store.keep(password(), value);
      expect(await store.resolve(ref, password())).toBe(value);
    },
  );

  it('keeps the first value: a second one is answered with the first and its reference', async () => {
    const first = await store.keep(password(), 'first');
    expect(await store.keep(password(), 'second')).toEqual(first);
    expect(await store.resolve(first.ref, password())).toBe('first');
  });

  it('lets twenty race: one value is stored and all get it, with one reference', async () => {
    const kept = await Promise.all(Array.from({ length: 20 }, (_, at) => store.keep(password(), `value ${at}`)));
    expect(new Set(kept.map((it) => JSON.stringify(it))).size).toBe(1);
    expect(await store.resolve(kept[0]?.ref ?? '', password())).toBe(kept[0]?.value);
  });

  it('finds what is stored of a tenant at one backend, by name, and nothing else', async () => {
    const stored = await store.keep(password(), 'hunter22');
    await store.keep({ ...password(), backend: 'mongodb' }, 'of another backend');
    await store.keep({ ...password(), tenantId: await newTenant() }, 'of another tenant');
    const found = await store.findAll({ tenantId, backend: 'postgres' }, ['password', 'never-stored']);
    expect([...found]).toEqual([['password', stored]]);
  });

  it('lists references only', async () => {
    const one = await store.keep(password(), 'hunter22');
    const two = await store.keep({ tenantId, backend: 'keycloak', name: 'client-secret' }, 'hunter23');
    expect((await store.list(tenantId)).toSorted((a, b) => a.name.localeCompare(b.name))).toEqual([
      { backend: 'keycloak', name: 'client-secret', version: 1, ref: two.ref },
      { backend: 'postgres', name: 'password', version: 1, ref: one.ref },
    ]);
  });

  it('keeps versions of a secret apart, and destroys one without the others', async () => {
    const first = await store.keep(password(), 'hunter22');
    const second = await store.keep(password(), 'hunter23', 2);
    expect(second).toMatchObject({ value: 'hunter23', ref: expect.stringMatching(/\?v=2$/) });
    expect(await store.keep(password(), 'other', 2)).toEqual(second);
    expect([...(await store.findAll(password(), ['password'], 2))]).toEqual([['password', second]]);
    expect([...(await store.findAll(password(), ['password']))]).toEqual([['password', first]]);
    expect((await store.list(tenantId)).map(({ version }) => version)).toEqual([1, 2]);
    expect(await Promise.all([first, second].map(({ ref }) => store.resolve(ref, password())))).toEqual([
      'hunter22',
      'hunter23',
    ]);
    await store.destroy(password(), 1);
    await store.destroy(password(), 1);
    await expect(store.resolve(first.ref, password())).rejects.toMatchObject({ code: 'secret-not-found' });
    expect(await store.resolve(second.ref, password())).toBe('hunter23');
    // Its number may come again, with another value.
    expect(await store.keep(password(), 'anew')).toMatchObject({ value: 'anew' });
  });

  it('says which reference leads nowhere: an unknown secret, another version', async () => {
    const { ref } = await store.keep(password(), 'hunter22');
    const unknown = ref.startsWith('db') ? `db://${randomUUID()}?v=1` : ref.replace('password', 'other');
    for (const [wrong, owner] of [
      [unknown, { tenantId, backend: 'postgres' as const }],
      [ref.replace('v=1', 'v=2'), password()],
    ] as const)
      await expect(store.resolve(wrong, owner)).rejects.toMatchObject({
        code: 'secret-not-found',
        message: `There is no secret ${wrong}.`,
      });
  });

  it('follows a reference for its owner alone', async () => {
    const { ref } = await store.keep(password(), 'hunter22');
    for (const other of [{ tenantId: await newTenant() }, { backend: 'mongodb' as const }, { name: 'other' }])
      await expect(store.resolve(ref, { ...password(), ...other })).rejects.toMatchObject({
        code: 'secret-ref-foreign',
        message: expect.not.stringContaining('hunter22'),
      });
  });

  it('never replaces a value that it may not open: it fails instead, and shows nothing of either', async () => {
    const first = await store.keep(password(), 'hunter22');
    const refusal = await subject
      .stranger()
      .keep(password(), 'other23')
      .catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: subject.refusal });
    expect(inspect(refusal, { depth: 9 })).not.toMatch(/hunter22|other23/);
    expect(await store.keep(password(), 'another')).toEqual(first);
  });

  it('fails while its server is away, shows no value, and goes on afterwards with what was stored before', async () => {
    const { hostname, port } = new URL(subject.server());
    const proxy = await startProxy(hostname, Number(port));
    const { store: behind, end } = subject.behind(proxy);
    try {
      const first = await behind.keep(password(), 'hunter22');
      proxy.shut();
      const outages = await Promise.all(
        [behind.keep(password(), 'other23'), behind.resolve(first.ref, password())].map((it) =>
          it.catch((error: unknown) => error),
        ),
      );
      for (const outage of outages) {
        expect(outage).toMatchObject(subject.outage);
        expect(inspect(outage, { depth: 9 })).not.toMatch(/hunter22|other23/);
      }
      proxy.open();
      expect(await behind.keep(password(), 'other23')).toEqual(first);
    } finally {
      await end();
      await proxy.close();
    }
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

  it('leaves nothing once a tenant was ended; what comes later is another secret', async () => {
    const { ref } = await store.keep(password(), 'hunter22');
    await store.keep({ ...password(), backend: 'mongodb' }, 'hunter23');
    await db.$transaction(async (tx) => {
      await store.destroyInVault(tenantId, tx);
      await tx.tenantSecret.deleteMany({ where: { tenantId } });
    });
    await expect(store.resolve(ref, password())).rejects.toMatchObject({ code: 'secret-not-found' });
    expect(await store.list(tenantId)).toEqual([]);
    expect(await store.keep(password(), 'anew')).toMatchObject({ value: 'anew' });
  });
});

it('both are read whatever the store for new ones is, each by its reference', async () => {
  const tenantId = await newTenant();
  const [postgres, mongodb] = (['postgres', 'mongodb'] as const).map((backend) => ({ tenantId, backend, name: 'it' }));
  if (postgres === undefined || mongodb === undefined) throw new Error('two backends');
  const toDb = createSecretStore(db, keys, { vault: own });
  const toVault = createSecretStore(db, keys, { vault: own, store: 'vault' });
  const [here, there] = [await toDb.keep(postgres, 'here'), await toVault.keep(mongodb, 'there')];
  for (const store of [toDb, toVault]) {
    expect(await store.resolve(here.ref, postgres)).toBe('here');
    expect(await store.resolve(there.ref, mongodb)).toBe('there');
    // The first place wins, as the first value does.
    expect(await store.keep(postgres, 'other')).toEqual(here);
    expect(await store.keep(mongodb, 'other')).toEqual(there);
  }
});

it('of a row whose secret the vault does not have, nothing is made in its place: it is lost, not new', async () => {
  const tenantId = await newTenant();
  const owner = { tenantId, backend: 'postgres', name: 'password' } as const;
  const store = createSecretStore(db, keys, { vault: own, store: 'vault' });
  await store.keep(owner, 'hunter22');
  await own.destroy(`freeflow/${tenantId}/postgres/password`);
  await expect(store.findAll(owner, ['password'])).rejects.toMatchObject({
    code: 'secret-not-found',
    message: expect.stringContaining('Nothing was made in its place'),
  });
});

describe('which vault is ours', () => {
  const markOf = async () => `freeflow/installation-${(await db.installation.findFirstOrThrow()).id}`;
  const password = async () => ({ tenantId: await newTenant(), backend: 'postgres' as const, name: 'password' });
  const inOwn = () => createSecretStore(db, keys, { vault: own, store: 'vault' });

  it('is said by a mark there, from before the first secret on, also of a vault from the time before marks', async () => {
    const mark = await markOf();
    const owner = await password();
    await inOwn().keep(owner, 'hunter22');
    const marked = await own.read(mark);
    expect(marked).toEqual({ installation: mark.replace('freeflow/installation-', '') });
    await vault.admin('DELETE', `secret/metadata/${mark}`);
    await inOwn().claimVault();
    expect(await own.read(mark)).toEqual(marked);
  });

  it('of another one, though it lets us in, nothing is concluded and nothing is written there', async () => {
    const owner = await password();
    const { ref } = await inOwn().keep(owner, 'hunter22');
    const kv = open(foreign.worker, foreign.url);
    const astray = createSecretStore(db, keys, { vault: kv, store: 'vault' });
    const other = { code: 'vault-other', message: expect.stringContaining('another vault') };
    await expect(astray.claimVault()).rejects.toMatchObject(other);
    await expect(astray.findAll(owner, ['password'])).rejects.toMatchObject(other);
    await expect(astray.keep(await password(), 'hunter23')).rejects.toMatchObject(other);
    await expect(db.$transaction((tx) => astray.destroyInVault(owner.tenantId, tx))).rejects.toMatchObject(other);
    await expect(astray.destroy(owner, 1)).rejects.toMatchObject(other);
    const row = await db.tenantSecret.findFirstOrThrow({ where: { tenantId: owner.tenantId } });
    await expect(secretMover(db, keys, kv)('db', row.id)).rejects.toMatchObject(other);
    expect(await foreign.admin('GET', 'secret/metadata/?list=true').catch(String)).toContain(' 404 ');
    expect(await inOwn().resolve(ref, owner)).toBe('hunter22');
  });

  it('an address that leads elsewhere amid the work is noticed where something seems to be gone', async () => {
    const owner = await password();
    let target = vault.url;
    const sockets = new Set<Socket>();
    const name = createServer((socket) => {
      const { port } = new URL(target);
      for (const it of [socket, connect(Number(port), '127.0.0.1')]) sockets.add(it.on('error', () => it.destroy()));
      const [there] = [...sockets].slice(-1);
      if (there !== undefined) socket.pipe(there).pipe(socket);
    });
    const port = await freePort();
    await new Promise<void>((resolve) => name.listen(port, '127.0.0.1', resolve));
    const places = { vault: open(vault.worker, `http://127.0.0.1:${port}`), store: 'vault' } as const;
    const store = createSecretStore(db, keys, places);
    try {
      await store.keep(owner, 'hunter22');
      target = foreign.url;
      for (const it of sockets) it.destroy();
      const destroyed = db.$transaction((tx) => store.destroyInVault(owner.tenantId, tx));
      await expect(destroyed).rejects.toMatchObject({ code: 'vault-other' });
    } finally {
      for (const it of sockets) it.destroy();
      name.close();
    }
  });
});
