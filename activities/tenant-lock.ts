import { DatabaseError } from 'pg';
import { BackendFault } from '../backends/failures';
import { HOLD_CLASS, newIdentity } from './lock-identity';
import { openLockSession, type LockSession } from './lock-session';
import { masterFaultType } from './master-fault';
import { measureWait } from './measure-wait';

const POLL_MS = 100;
const REPLACE_EVERY_MS = 1_000;
/** Longer than any attempt may take: what still holds a lock then loses it. */
const LONGEST_HOLD_MS = 10 * 60_000;

const LOCK = `
  WITH taken AS MATERIALIZED (SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS done)
  SELECT CASE WHEN done THEN pg_try_advisory_lock($2::int, $3::int) ELSE false END AS done, done AS "hasKey", pg_backend_pid() AS pid FROM taken`;
const UNLOCK = `SELECT pg_advisory_unlock($2::int, $3::int) AND pg_advisory_unlock(hashtextextended($1, 0)) AS done`;
const UNLOCK_KEY = `SELECT pg_advisory_unlock(hashtextextended($1, 0)) AS done`;

/** Both locks of one hold. */
interface Taken {
  hold: number;
  pid: number;
}

/** A lock while it is held. */
export interface Held {
  /** Aborted when the session is gone, and the lock with it, or when it was held for too long. */
  signal: AbortSignal;
  key: string;
  /** The session's process at the server, by which the server itself can check whether the lock is still held. */
  pid: number;
  /** The identity of the session: the id of a process may be given to another one. */
  session: number;
  /** The number of this hold: the same session may hold the same lock for a successor by now. */
  hold: number;
}

/**
 * Advisory locks in the master database, held by one dedicated session per worker process. They exclude attempts
 * which Temporal can't: those of an older run, or of a worker that was given up for dead and still works.
 *
 * A session's locks are re-entrant for that session, so attempts of this process exclude each other by a mutex. A
 * session that is lost is replaced at once, by one that ends it at the server.
 */
export class TenantLock {
  private session: Promise<LockSession> | undefined;
  private readonly held = new Set<string>();
  /** Former sessions that may live on at the server. */
  private readonly former = new Set<number>();
  private closed = false;

  constructor(
    private readonly url: string,
    private readonly longestHoldMs = LONGEST_HOLD_MS,
    /** The key by which this process seals secrets: the server shows by which locks are held. */
    private readonly keyId?: string,
  ) {}

  /** Opens the session before the first lock is wanted, as soon as the master database lets it. Never fails. */
  open(): void {
    if (this.session === undefined) this.replace();
  }

  /**
   * Runs `work` while holding the lock on `key`.
   * @param waitMs how long to wait for another holder, in ms
   * @param longestHoldMs what takes longer loses the lock, in ms
   * @throws BackendFault `lock-busy` when another holder didn't let go in time, `lock-lost` when the session broke, or
   * work took too long
   */
  async hold<T>(
    key: string,
    waitMs: number,
    signal: AbortSignal,
    work: (held: Held) => Promise<T>,
    longestHoldMs = this.longestHoldMs,
  ): Promise<T> {
    const { session, hold, pid } = await measureWait(this.take(key, performance.now() + waitMs, signal));
    try {
      return await runWhileHeld(session, longestHoldMs, (it) =>
        work({ signal: it, key, pid, session: session.identity, hold }),
      );
    } finally {
      await this.unlock(session, key, hold).finally(() => this.held.delete(key));
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    const session = await this.session?.catch(() => undefined);
    await session?.end();
  }

  /** Takes mutex and locks; keeps none of them where one can't be had. */
  private async take(key: string, deadline: number, signal: AbortSignal): Promise<Taken & { session: LockSession }> {
    await this.poll(key, deadline, signal, async () => this.takeMutex(key));
    try {
      const session = await this.ensureSession();
      return { session, ...(await this.poll(key, deadline, signal, () => this.tryLock(session, key))) };
    } catch (error) {
      this.held.delete(key);
      throw error;
    }
  }

  // Looks and takes in one go: nothing may come between.
  private takeMutex(key: string): true | undefined {
    if (this.held.has(key)) return undefined;
    this.held.add(key);
    return true;
  }

  private async poll<T>(
    key: string,
    deadline: number,
    signal: AbortSignal,
    free: () => Promise<T | undefined>,
  ): Promise<T> {
    for (;;) {
      const got = await free();
      if (got !== undefined) return got;
      signal.throwIfAborted();
      if (performance.now() >= deadline)
        throw new BackendFault('lock-busy', `an earlier attempt still holds the lock on ${key}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /**
   * The hold and the session's process at the server, once it holds both locks; nothing where another holder has one of
   * them.
   */
  private async tryLock(session: LockSession, key: string): Promise<Taken | undefined> {
    session.lost.throwIfAborted();
    const hold = newIdentity();
    const answer = await session.query(LOCK, [key, HOLD_CLASS, hold]).catch(async (error: unknown) => {
      if (!(error instanceof DatabaseError))
        throw new BackendFault('lock-lost', `the lock session broke: ${(error as Error).message}`, { cause: error });
      await this.letGoOfKey(session, key);
      throw new BackendFault('master-database', `the lock on ${key} could not be taken: ${error.message}`, {
        cause: error,
      });
    });
    if (answer?.done === true && answer.pid !== undefined) return { hold, pid: answer.pid };
    if (answer?.hasKey === true) await this.letGoOfKey(session, key);
    return undefined;
  }

  /**
   * A session keeps a lock also when the statement that took it has failed: half of a hold would shut everybody else
   * out for as long as the session lives. There is no other hold of this key here, by the mutex.
   */
  private async letGoOfKey(session: LockSession, key: string): Promise<void> {
    await session.query(UNLOCK_KEY, [key]).catch(() => session.lose());
  }

  private async unlock(session: LockSession, key: string, hold: number): Promise<void> {
    if (session.lost.aborted) return;
    const answer = await session.query(UNLOCK, [key, HOLD_CLASS, hold]).catch(() => undefined);
    if (answer?.done !== true) session.lose();
  }

  private ensureSession(): Promise<LockSession> {
    if (this.closed) throw new BackendFault('lock-lost', 'the worker is shutting down');
    return (this.session ??= this.connect());
  }

  private async connect(): Promise<LockSession> {
    try {
      const session = await openLockSession(this.url, this.former, this.keyId);
      session.lost.throwIfAborted();
      session.lost.addEventListener('abort', () => this.replace());
      return session;
    } catch (error) {
      this.session = undefined;
      throw new BackendFault(masterFaultType(error), `no lock session: ${(error as Error).message}`, { cause: error });
    }
  }

  /** At once, not with the next lock: until then the lost session may block another worker. */
  private replace(): void {
    this.session = undefined;
    if (this.closed) return;
    this.ensureSession().catch(() =>
      setTimeout(() => this.session === undefined && this.replace(), REPLACE_EVERY_MS).unref(),
    );
  }
}

/**
 * Work that never ends must not keep its tenant's lock for ever: in the end its result is ignored, and the fence
 * refuses its writes.
 */
async function runWhileHeld<T>(
  { lost }: LockSession,
  longestHoldMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const tooLong = new AbortController();
  const timer = setTimeout(
    () => tooLong.abort(new BackendFault('lock-lost', `the lock was held for more than ${longestHoldMs} ms`)),
    longestHoldMs,
  );
  const signal = AbortSignal.any([lost, tooLong.signal]);
  try {
    return await rejectOnAbort(signal, work(signal));
  } finally {
    clearTimeout(timer);
  }
}

/** The result of `work`, unless the signal aborts first. */
async function rejectOnAbort<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (stop) signal.removeEventListener('abort', stop);
  }
}
