import { Client } from 'pg';
import { BackendFault } from './failures';
import { masterFaultType } from './master-fault';

const POLL_MS = 100;
const PING_MS = 2_000;
const QUERY_TIMEOUT_MS = 5_000;

/** A lock while it is held. */
export interface Held {
  /** Aborted when the session is gone, and the lock with it. */
  signal: AbortSignal;
  key: string;
  /** The session's process at the server, by which the server itself can tell whether the lock is held still. */
  pid: number;
}

interface Answer {
  locked?: boolean;
  pid?: number;
}

interface Session {
  /** Asks the server one thing after the other, as pg wants it. */
  query: (text: string, values?: unknown[]) => Promise<{ rows: Answer[] }>;
  end: () => Promise<void>;
  /** Aborted when the session is gone: whoever holds a lock by it no longer does. */
  lost: AbortController;
}

/**
 * Advisory locks in the master database, held by one dedicated session per worker process. They exclude attempts
 * which Temporal can't: those of an older run, or of a worker that was given up for dead and still works.
 *
 * A session's locks are re-entrant for that session, so attempts of this process exclude each other by a mutex.
 */
export class TenantLock {
  private session: Promise<Session> | undefined;
  private readonly held = new Set<string>();
  private closed = false;

  constructor(private readonly url: string) {}

  /**
   * Runs `work` while holding the lock on `key`.
   * @param waitMs how long to wait for another holder, in ms
   * @throws BackendFault `lock-busy` when another holder didn't let go in time, `lock-lost` when the session broke
   */
  async hold<T>(key: string, waitMs: number, signal: AbortSignal, work: (held: Held) => Promise<T>): Promise<T> {
    const deadline = performance.now() + waitMs;
    await this.poll(key, deadline, signal, async () => this.takeMutex(key));
    try {
      const session = await this.connected();
      const pid = await this.poll(key, deadline, signal, () => tryLock(session, key));
      try {
        return await untilAborted(session.lost.signal, work({ signal: session.lost.signal, key, pid }));
      } finally {
        await session.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [key]).catch(() => this.lose(session));
      }
    } finally {
      this.held.delete(key);
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    const session = await this.session?.catch(() => undefined);
    await session?.end();
  }

  // Looks and takes in one go: nothing may come between.
  private takeMutex(key: string): true | undefined {
    if (this.held.has(key)) return undefined;
    this.held.add(key);
    return true;
  }

  private async poll<T>(key: string, deadline: number, signal: AbortSignal, free: () => Promise<T | undefined>): Promise<T> {
    for (;;) {
      const got = await free();
      if (got !== undefined) return got;
      signal.throwIfAborted();
      if (performance.now() >= deadline) throw new BackendFault('lock-busy', `an earlier attempt still holds the lock on ${key}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  private connected(): Promise<Session> {
    if (this.closed) throw new BackendFault('lock-lost', 'the worker is shutting down');
    return (this.session ??= this.connect().catch((error: unknown) => {
      this.session = undefined;
      throw new BackendFault(masterFaultType(error), `no lock session: ${(error as Error).message}`, { cause: error });
    }));
  }

  private async connect(): Promise<Session> {
    const client = new Client({ connectionString: this.url, connectionTimeoutMillis: QUERY_TIMEOUT_MS, query_timeout: QUERY_TIMEOUT_MS, keepAlive: true, application_name: 'freeflow-lock' });
    let queue: Promise<unknown> = Promise.resolve();
    const session: Session = {
      query: (text, values) => {
        const asked = queue.then(() => client.query<Answer>(text, values));
        queue = asked.catch(() => undefined);
        return asked;
      },
      end: () => client.end().catch(() => undefined),
      lost: new AbortController(),
    };
    client.on('error', () => this.lose(session));
    client.on('end', () => this.lose(session));
    await client.connect();
    this.watch(session);
    return session;
  }

  // A peer that vanished without a word is noticed by asking.
  private watch(session: Session): void {
    const timer = setInterval(() => void session.query('SELECT 1').catch(() => this.lose(session)), PING_MS);
    timer.unref();
    session.lost.signal.addEventListener('abort', () => clearInterval(timer));
  }

  private lose(session: Session): void {
    if (session.lost.signal.aborted) return;
    this.session = undefined;
    session.lost.abort(new BackendFault('lock-lost', 'the session holding the lock broke'));
    void session.end();
  }
}

/** The session's process at the server, once it holds the lock. */
async function tryLock({ query, lost }: Session, key: string): Promise<number | undefined> {
  lost.signal.throwIfAborted();
  const { rows } = await query('SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS locked, pg_backend_pid() AS pid', [key]).catch((error: unknown) => {
    throw new BackendFault('lock-lost', `the lock session broke: ${(error as Error).message}`, { cause: error });
  });
  return rows[0]?.locked === true ? rows[0].pid : undefined;
}

/** Follows `work`, unless the signal aborts first: then nobody waits for it any longer. */
async function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
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
