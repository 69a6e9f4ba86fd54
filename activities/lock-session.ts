import { Socket } from 'node:net';
import { hostname } from 'node:os';
import { ErrorTolerantClient, LOCK_SESSION, refuseTransactionPooling } from '@freeflow/lib/pg';
import { DatabaseError, type Client } from 'pg';
import { BackendFault } from '../backends/failures';
import { becomeLockSession, endFormerSessions, newIdentity } from './lock-identity';

const PING_MS = 2_000;
const QUERY_TIMEOUT_MS = 5_000;
const END_TIMEOUT_MS = 1_000;

interface Answer {
  done?: boolean;
  hasKey?: boolean;
  pid?: number;
}

/**
 * A session that holds locks. One that doesn't answer in time is lost as a whole: a query that it was sent may take
 * effect later on.
 */
export interface LockSession {
  identity: number;
  /**
   * Sends one query after the other, as pg wants it.
   * @throws DatabaseError where the server refuses, which is an answer; after any other error the session is lost
   */
  query: (text: string, values?: unknown[]) => Promise<Answer | undefined>;
  /** Aborted when the session is gone, and all locks with it. */
  lost: AbortSignal;
  lose: () => void;
  end: () => Promise<void>;
}

/**
 * Opens a session, and ends those that came before it at the server: they could hold, or still take, a lock unknown to
 * this process.
 * @param former the identities of those that may live on; kept up to date
 * @param keyId the key by which this process seals secrets
 */
export async function openLockSession(url: string, former: Set<number>, keyId?: string): Promise<LockSession> {
  const socket = new Socket();
  const client = new ErrorTolerantClient({
    connectionString: url,
    connectionTimeoutMillis: QUERY_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
    application_name: `${LOCK_SESSION}@${hostname()}`,
    tracedAs: 'master',
    stream: () => socket,
  });
  const session = sessionOf(client, socket, newIdentity());
  client.on('error', session.lose);
  client.on('end', session.lose);
  try {
    await client.connect();
    if (client.isPooled) await refuseTransactionPooling('MASTER_DATABASE_URL', url);
    // From now on it may live on at the server, also when this attempt fails.
    former.add(session.identity);
    await becomeLockSession(client, session.identity, keyId);
    const others = [...former].filter((it) => it !== session.identity);
    if (others.length > 0 && (await endFormerSessions(client, others))) others.forEach((it) => former.delete(it));
  } catch (error) {
    session.lose();
    throw error;
  }
  watch(session);
  return session;
}

function sessionOf(client: Client, socket: Socket, identity: number): LockSession {
  const lost = new AbortController();
  const lose = () => {
    if (lost.signal.aborted) return;
    lost.abort(new BackendFault('lock-lost', 'the session holding the lock broke'));
    // An orderly end would wait for the server.
    socket.destroy();
  };
  let queue: Promise<unknown> = Promise.resolve();
  const query: LockSession['query'] = (text, values) => {
    const answered = queue.then(() => client.query<Answer>(text, values));
    queue = answered.catch((error: unknown) => error instanceof DatabaseError || lose());
    return answered.then(({ rows }) => rows[0]);
  };
  const end = async () => {
    await Promise.race([
      client.end().catch(() => undefined),
      new Promise((resolve) => setTimeout(resolve, END_TIMEOUT_MS).unref()),
    ]);
    lose();
  };
  return { identity, query, lost: lost.signal, lose, end };
}

/** A peer that vanished without closing the connection is noticed by polling. */
function watch({ query, lost }: LockSession): void {
  const timer = setInterval(() => void query('SELECT 1').catch(() => undefined), PING_MS);
  timer.unref();
  lost.addEventListener('abort', () => clearInterval(timer));
}
