import { randomUUID } from 'node:crypto';
import { renderMetrics } from '@freeflow/lib/metrics';
import { endLockSessions } from '../test/support/lock-sessions';
import { openMaster, type Master } from '../test/support/master';
import { seriesIn } from '../test/support/metrics';
import { withPostgres } from '../test/support/outside';
import { until } from '../test/support/until';
import { TenantLock } from './tenant-lock';

const never = new AbortController().signal;
let master: Master;
const locks: TenantLock[] = [];

const newLock = () => {
  const lock = new TenantLock(master.workerUrl);
  locks.push(lock);
  return lock;
};

/** Holds the lock until `release` is called. */
function held(lock: TenantLock, key: string) {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  let entered = () => {};
  const inside = new Promise<AbortSignal>((resolve) => (entered = resolve as () => void));
  const done = lock.hold(key, 5_000, never, async ({ signal }) => {
    (entered as unknown as (signal: AbortSignal) => void)(signal);
    await released;
  });
  return { inside, release, done };
}

beforeAll(async () => {
  master = await openMaster();
});
afterAll(async () => {
  await Promise.all(locks.map((it) => it.close()));
  await master.drop();
});

test.each([
  [
    'of the same process',
    () => {
      const lock = newLock();
      return [lock, lock] as const;
    },
  ],
  ['of another process', () => [newLock(), newLock()] as const],
])('a second holder %s is told that the lock is busy, and gets it afterwards', async (_, pair) => {
  const [first, second] = pair();
  const key = randomUUID();
  const holding = held(first, key);
  await holding.inside;
  await expect(second.hold(key, 300, never, async () => 'in')).rejects.toMatchObject({ type: 'lock-busy' });
  holding.release();
  await holding.done;
  await expect(second.hold(key, 5_000, never, async () => 'in')).resolves.toBe('in');
});

test('each wait for a lock is measured, by what comes of it', async () => {
  const waits = async (outcome: string) =>
    seriesIn(await renderMetrics('worker'))[`freeflow_lock_wait_seconds_count{outcome="${outcome}"}`] ?? 0;
  const before = { taken: await waits('taken'), busy: await waits('busy'), failed: await waits('failed') };
  const lock = newLock();
  const key = randomUUID();
  const holding = held(lock, key);
  await holding.inside;
  await expect(lock.hold(key, 200, never, async () => 'in')).rejects.toMatchObject({ type: 'lock-busy' });
  holding.release();
  await holding.done;
  await expect(lock.hold(key, 200, never, async () => 'in')).resolves.toBe('in');
  expect({ taken: await waits('taken'), busy: await waits('busy'), failed: await waits('failed') }).toEqual({
    taken: before.taken + 2,
    busy: before.busy + 1,
    failed: before.failed,
  });
});

test('two keys do not wait for each other', async () => {
  const lock = newLock();
  const holding = held(lock, randomUUID());
  await holding.inside;
  await expect(lock.hold(randomUUID(), 300, never, async () => 'in')).resolves.toBe('in');
  holding.release();
  await holding.done;
});

test('twenty at once are inside one after the other', async () => {
  const [a, b] = [newLock(), newLock()];
  const key = randomUUID();
  let inside = 0;
  let most = 0;
  const one = (lock: TenantLock) =>
    lock.hold(key, 30_000, never, async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside--;
    });
  await Promise.all(Array.from({ length: 20 }, (_, at) => one(at % 2 === 0 ? a : b)));
  expect(most).toBe(1);
});

test('losing the session aborts the work and reports it, and the next one gets a new session', async () => {
  const lock = newLock();
  const key = randomUUID();
  const holding = held(lock, key);
  const signal = await holding.inside;
  const outcome = holding.done.catch((error: unknown) => error);
  await endLockSessions(master.info, master.database);
  expect(await outcome).toMatchObject({ type: 'lock-lost' });
  expect(signal.aborted).toBe(true);
  await until('the next holder is in', async () => (await lock.hold(key, 1_000, never, async () => 'in')) === 'in');
});

test('a cancelled waiter stops waiting', async () => {
  const lock = newLock();
  const key = randomUUID();
  const holding = held(lock, key);
  await holding.inside;
  const cancel = new AbortController();
  const waiting = lock.hold(key, 60_000, cancel.signal, async () => 'in');
  cancel.abort(new Error('cancelled'));
  await expect(waiting).rejects.toThrow('cancelled');
  holding.release();
  await holding.done;
});

describe('a session that gets one of the two locks of a hold alone', () => {
  let trapped: Master;
  // Before pg_catalog on the sessions' path: the server itself refuses the second lock, or has given it to another
  // hold.
  const trap = (outcome: string) =>
    withPostgres(trapped.ownerUrl, (owner) =>
      owner.query(`DROP SCHEMA IF EXISTS trap CASCADE; CREATE SCHEMA trap; CREATE SEQUENCE trap.calls;
        CREATE FUNCTION trap.pg_try_advisory_lock(int, int) RETURNS boolean LANGUAGE plpgsql AS $$
        BEGIN IF nextval('trap.calls') = 1 THEN ${outcome}; END IF; RETURN pg_catalog.pg_try_advisory_lock($1, $2); END $$;
        GRANT USAGE ON SCHEMA trap TO PUBLIC; GRANT USAGE ON SEQUENCE trap.calls TO PUBLIC;
        ALTER DATABASE ${trapped.database} SET search_path = trap, pg_catalog`),
    );
  const newPair = () => {
    const pair = [new TenantLock(trapped.workerUrl), new TenantLock(trapped.workerUrl)] as const;
    locks.push(...pair);
    return pair;
  };

  beforeAll(async () => {
    trapped = await openMaster();
  });
  afterAll(() => trapped.drop());

  test('since the server is out of memory for the other, keeps neither', async () => {
    await trap(`RAISE EXCEPTION 'out of shared memory' USING ERRCODE = '53200'`);
    const [first, second] = newPair();
    const key = randomUUID();
    await expect(first.hold(key, 5_000, never, async () => 'in')).rejects.toMatchObject({ type: 'master-database' });
    await expect(second.hold(key, 1_000, never, async () => 'in')).resolves.toBe('in');
    await Promise.all([first.close(), second.close()]);
  });

  test('since the number of the hold is taken, tries again by another number, and lets go of all in the end', async () => {
    await trap('RETURN false');
    const [first, second] = newPair();
    const key = randomUUID();
    await expect(first.hold(key, 5_000, never, async () => 'in')).resolves.toBe('in');
    await expect(second.hold(key, 1_000, never, async () => 'in')).resolves.toBe('in');
    await Promise.all([first.close(), second.close()]);
  });
});
