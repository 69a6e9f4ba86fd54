import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { tenantNames } from '@freeflow/contract';
import { createMasterClient, Prisma, type PrismaClient } from '@freeflow/db-master';
import { Client } from 'pg';
import { upsertConnection } from '../../activities/connection-details';
import { updateEntry, writeFenced } from '../../activities/lock-fence';
import { becomeLockSession, newIdentity } from '../../activities/lock-identity';
import { TenantLock, type Held } from '../../activities/tenant-lock';
import { newName } from '../support/activity-harness';
import { openMaster, type Master } from '../support/master';
import { withPostgres } from '../support/outside';
import { startProxy, type TcpProxy } from '../support/tcp-proxy';
import { until } from '../support/until';

const never = new AbortController().signal;
/** Longer than the lock session waits for an answer (5 s), shorter than a peer needs to count as dead. */
const STALL_MS = 6_500;

let master: Master;
let db: PrismaClient;
/** Another worker, with nothing in its way. */
let another: TenantLock;
beforeAll(async () => {
  master = await openMaster();
  db = createMasterClient(master.workerUrl, { maxConnections: 4 });
  another = new TenantLock(master.workerUrl);
});
afterAll(async () => {
  await another.close();
  await db.$disconnect();
  await master.drop();
});

/** A lock that reaches the server through a proxy of its own; both are let go of in the end. */
async function behindProxy<T>(work: (lock: TenantLock, proxy: TcpProxy) => Promise<T>): Promise<T> {
  const url = new URL(master.workerUrl);
  const proxy = await startProxy(url.hostname, Number(url.port));
  url.port = String(proxy.port);
  const lock = new TenantLock(url.href);
  try {
    await lock.hold(randomUUID(), 5_000, never, async () => undefined);
    return await work(lock, proxy);
  } finally {
    proxy.trouble();
    await lock.close();
    await proxy.close();
  }
}

/** A promise with what settles it. */
function createDeferred<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (why: unknown) => void = () => undefined;
  const promise = new Promise<T>((yes, no) => ([resolve, reject] = [yes, no]));
  return { promise, resolve: (value: T) => resolve(value), reject: (why: unknown) => reject(why) };
}

/** Holds the lock until it is released, or lost. */
function holding(lock: TenantLock, key: string) {
  const release = createDeferred<void>();
  const inside = createDeferred<Held>();
  const done = lock.hold(key, 5_000, never, async (held) => {
    inside.resolve(held);
    await release.promise;
    return 'released';
  });
  done.catch(inside.reject);
  return { inside: inside.promise, release: () => release.resolve(), outcome: done.catch((error: unknown) => error) };
}

const take = (lock: TenantLock, key: string, waitMs: number) => lock.hold(key, waitMs, never, async () => 'in');

/** Nobody holds it, and whoever wants it has it as soon as it can be had. */
async function expectFree(key: string, ...locks: TenantLock[]): Promise<void> {
  for (const lock of locks) await until('it can be locked', async () => (await take(lock, key, 0)) === 'in');
}

/** All the rest of what a late request could do has been done. */
async function expectFreeForGood(key: string, ...locks: TenantLock[]): Promise<void> {
  await expectFree(key, ...locks);
  const lockHolders = () =>
    withPostgres(
      master.ownerUrl,
      async (owner) =>
        (
          await owner.query(
            `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND (classid::bigint << 32 | objid::bigint) = hashtextextended($1, 0)`,
            [key],
          )
        ).rowCount,
    );
  expect(await lockHolders()).toBe(0);
}

test('a session that lives on at the server, since nothing there notices that its worker is gone, is ended by its successor', () =>
  behindProxy(async (lock, proxy) => {
    const key = randomUUID();
    const { inside, outcome } = holding(lock, key);
    const { pid } = await inside;
    // Whatever goes out next, a ping that is, is cut at the worker's end alone.
    proxy.trouble({ kind: 'deliver-late', after: 0, ms: 8_000, times: 1 });
    expect(await outcome).toMatchObject({ type: 'lock-lost' });
    // Nobody here asks for a lock: the successor comes by itself.
    await expectFreeForGood(key, another);
    expect(
      await withPostgres(
        master.ownerUrl,
        async (owner) => (await owner.query('SELECT 1 FROM pg_stat_activity WHERE pid = $1', [pid])).rowCount,
      ),
    ).toBe(0);
  }));

test('a stall while a lock is being taken leaves it to nobody: afterwards this worker and another one can take it at once', () =>
  behindProxy(async (lock, proxy) => {
    const key = randomUUID();
    proxy.trouble({ kind: 'delay', ms: STALL_MS, only: 'replies' });
    const outcome = take(lock, key, 60_000).catch((error: unknown) => error);
    await delay(STALL_MS - 1_000);
    proxy.trouble();
    expect(await outcome).toMatchObject({ type: 'lock-lost' });
    await delay(1_500);
    await expectFreeForGood(key, another, lock);
  }));

test('a stall while a lock is being given back likewise', () =>
  behindProxy(async (lock, proxy) => {
    const key = randomUUID();
    const { inside, release, outcome } = holding(lock, key);
    await inside;
    proxy.trouble({ kind: 'delay', ms: STALL_MS, only: 'replies' });
    release();
    expect(['released', 'lock-lost']).toContain(
      ((it: unknown) => (typeof it === 'string' ? it : (it as { type: string }).type))(await outcome),
    );
    proxy.trouble();
    await expectFreeForGood(key, another, lock);
  }));

test('a stall in the middle of the work aborts it, and its lock is free', () =>
  behindProxy(async (lock, proxy) => {
    const key = randomUUID();
    const { inside, outcome } = holding(lock, key);
    const held = await inside;
    proxy.trouble({ kind: 'black-hole' });
    expect(await outcome).toMatchObject({ type: 'lock-lost' });
    expect(held.signal.aborted).toBe(true);
    proxy.trouble();
    await expectFreeForGood(key, lock, another);
  }));

test('a request for the lock that reaches the server when its worker has given it up takes nothing', () =>
  behindProxy(async (lock, proxy) => {
    const key = randomUUID();
    proxy.trouble({ kind: 'deliver-late', after: 0, ms: 2_000, times: 1 });
    await expect(take(lock, key, 5_000)).rejects.toMatchObject({ type: 'lock-lost' });
    await expectFree(key, lock);
    await delay(2_200);
    // The proxy keeps its line to the server open for some seconds more.
    await expectFreeForGood(key, another, lock);
  }));

test('of a worker that is gone without a word the server lets go by itself within a minute', async () => {
  const client = new Client({ connectionString: master.workerUrl });
  await client.connect();
  await becomeLockSession(client, newIdentity());
  const { rows } = await client.query<Record<string, string>>(
    `SELECT current_setting('idle_session_timeout') AS idle, current_setting('tcp_keepalives_idle') AS alive`,
  );
  await client.end();
  expect(rows).toEqual([{ idle: '1min', alive: '10' }]);
});

test('a refusal by the server is no loss of the session: other holders go on', () =>
  behindProxy(async (lock) => {
    const [key, other] = [randomUUID(), randomUUID()];
    const { inside, release, outcome } = holding(lock, key);
    const held = await inside;
    // As when a tenant has filled the server's lock table.
    const refuse = (verb: string) =>
      withPostgres(master.ownerUrl, (owner) =>
        owner.query(
          `${verb} EXECUTE ON FUNCTION pg_catalog.pg_try_advisory_lock(bigint) ${verb === 'GRANT' ? 'TO' : 'FROM'} PUBLIC`,
        ),
      );
    await refuse('REVOKE');
    await expect(take(lock, other, 1_000)).rejects.toMatchObject({ type: 'master-database' });
    await refuse('GRANT');
    expect(held.signal.aborted).toBe(false);
    release();
    expect(await outcome).toBe('released');
    await expectFree(other, lock);
  }));

test('work that never ends loses its lock in the end, and writes nothing down from then on, though the same session holds the lock for a successor', async () => {
  const lock = new TenantLock(master.workerUrl, 400);
  const name = newName();
  const tenant = await db.tenant.create({ data: { name, ...tenantNames(name) } });
  const { id } = await db.tenantResource.create({
    data: { tenantId: tenant.id, kind: 'qdrant', name, nonce: randomUUID() },
  });
  const write = (held: Held) =>
    writeFenced(db, id, held, [
      updateEntry(id, Prisma.sql`"externalId" = ${held.key}, "serverId" = ${String(held.hold)}`),
    ]);
  const written = () => db.tenantResource.findUniqueOrThrow({ where: { id } });
  const { inside, outcome } = holding(lock, name);
  const zombie = await inside;
  await write(zombie);
  expect(await written()).toMatchObject({ externalId: name, serverId: String(zombie.hold) });
  const successor = lock.hold(name, 10_000, never, async (held) => {
    expect({ pid: held.pid, session: held.session }).toEqual({ pid: zombie.pid, session: zombie.session });
    await expect(write(zombie)).rejects.toMatchObject({ type: 'lock-lost' });
    await write(held);
    return String(held.hold);
  });
  expect(await outcome).toMatchObject({ type: 'lock-lost' });
  const last = await successor;
  expect(await written()).toMatchObject({ externalId: name, serverId: last });
  await lock.close();
});

test("a process that has become another session's, and holds the very lock, is not taken for the one that took it", async () => {
  const name = newName();
  const tenant = await db.tenant.create({ data: { name, ...tenantNames(name) } });
  const { id } = await db.tenantResource.create({
    data: { tenantId: tenant.id, kind: 'qdrant', name, nonce: randomUUID() },
  });
  await another.hold(name, 5_000, never, async (held) => {
    const write = (as: Held, what: string) =>
      writeFenced(db, id, as, [
        updateEntry(id, Prisma.sql`"externalId" = ${what}`),
        upsertConnection({ tenantId: tenant.id, kind: 'qdrant', name }, what, { host: name }),
      ]);
    await write(held, 'written');
    await expect(write({ ...held, session: held.session + 1 }, 'by another')).rejects.toMatchObject({
      type: 'lock-lost',
    });
    await expect(write({ ...held, key: `${name}x` }, 'by another')).rejects.toMatchObject({ type: 'lock-lost' });
    expect(await db.tenantResource.findUniqueOrThrow({ where: { id } })).toMatchObject({ externalId: 'written' });
    expect(await db.tenantConnection.findMany({ where: { tenantId: tenant.id } })).toMatchObject([
      { secretRef: 'written', host: name, port: null, options: {} },
    ]);
  });
});

test('a fenced write that has to wait for its row leaves what was changed meanwhile', async () => {
  const name = newName();
  const tenant = await db.tenant.create({ data: { name, ...tenantNames(name) } });
  const { id } = await db.tenantResource.create({
    data: { tenantId: tenant.id, kind: 'qdrant', name, nonce: randomUUID() },
  });
  await withPostgres(master.ownerUrl, async (owner) => {
    await owner.query('BEGIN');
    await owner.query(`UPDATE "TenantResource" SET "serverId" = 'meanwhile' WHERE id = $1`, [id]);
    await another.hold(name, 5_000, never, async (held) => {
      const written = writeFenced(db, id, held, [updateEntry(id, Prisma.sql`"externalId" = 'written'`)]);
      await until('it waits for the row', async () => {
        const waiting = await db.$queryRaw<unknown[]>`
          SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0`;
        return waiting.length > 0;
      });
      await owner.query('COMMIT');
      await written;
    });
  });
  expect(await db.tenantResource.findUniqueOrThrow({ where: { id } })).toMatchObject({
    serverId: 'meanwhile',
    externalId: 'written',
  });
});

test('closed while others wait and the server says nothing, it ends soon, and so do they', () =>
  behindProxy(async (lock, proxy) => {
    const key = randomUUID();
    const { inside, outcome } = holding(another, key);
    await inside;
    const waiting = take(lock, key, 60_000).catch((error: unknown) => error);
    proxy.trouble({ kind: 'black-hole' });
    const startedAt = performance.now();
    await lock.close();
    expect(await waiting).toMatchObject({ type: 'lock-lost' });
    // Not by the time that it would have waited for the lock.
    expect(performance.now() - startedAt).toBeLessThan(60_000);
    await another.close();
    await outcome;
    another = new TenantLock(master.workerUrl);
  }));
