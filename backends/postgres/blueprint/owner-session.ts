import { setTimeout as delay } from 'node:timers/promises';
import { ErrorTolerantClient, scramVerifier } from '@freeflow/lib/pg';
import { escapeIdentifier as id, escapeLiteral as literal, type Client } from 'pg';
import type { Target } from '../../backend';
import { BackendFault } from '../../failures';
import { newPassword } from '../../passwords';
import type { PostgresServer } from '../server';
import { ownerRole } from '../sql';

/** So long the server takes the password of a login that nobody could shut again. */
const LOGIN_S = 60;
const SESSIONS_END_MS = 5_000;
const LOOK_AGAIN_MS = 50;

/**
 * Works as the owner of a tenant's database, and as nobody more: a session that had merely taken its role could go back
 * to the provisioner's rights, and so could what a tenant has put in the way of a blueprint, such as a function that is
 * called like one of PostgreSQL's. So for this one session the owner logs in, by a password that nobody keeps and that
 * is gone as soon as the session stands. What an attempt before has left of that, sessions too, is ended first: no
 * zombie works beside this one. The session is ended, with all it does, before this returns.
 * @param timeoutMs how long one statement may take
 */
export async function asOwner<T>(
  server: PostgresServer,
  { name, signal, announceCall }: Target,
  timeoutMs: number,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const owner = ownerRole(name);
  const password = newPassword();
  await server.inDatabase(server.home, signal, async ({ client, change }) => {
    await change(`ALTER ROLE ${id(owner)} NOLOGIN PASSWORD NULL`);
    await endSessionsOf(client, owner, signal);
    const {
      rows: [row],
    } = await client.query<{ at: string }>(
      `SELECT (pg_catalog.now() + interval '${LOGIN_S} seconds')::pg_catalog.text AS at`,
    );
    await announceCall();
    await change(
      `ALTER ROLE ${id(owner)} LOGIN PASSWORD ${literal(await scramVerifier(password))} VALID UNTIL ${literal(row?.at ?? 'epoch')}`,
    );
  });
  return server.countCall(async () => {
    const { settings, ...login } = server.loginOf(owner, password, name);
    const client = new ErrorTolerantClient({
      ...login,
      settings: { ...settings, statement_timeout: timeoutMs },
      query_timeout: timeoutMs + 2_000,
      application_name: 'freeflow-blueprint',
    });
    const cut = () => void client.end().catch(() => undefined);
    signal.addEventListener('abort', cut);
    try {
      try {
        signal.throwIfAborted();
        await client.connect();
      } finally {
        await shut(server, owner, false);
      }
      return await work(client);
    } finally {
      signal.removeEventListener('abort', cut);
      await client.end().catch(() => undefined);
      // What was cut off, or is not waited for any more, may still be at work.
      await shut(server, owner, true);
    }
  });
}

/** By a signal of its own: a lost lock is no reason to leave the door open. */
const shut = (server: PostgresServer, owner: string, isLast: boolean): Promise<void> => {
  const { signal } = new AbortController();
  return server.inHomeDatabase(signal, async ({ client, change }) => {
    if (isLast) return endSessionsOf(client, owner, signal);
    await change(`ALTER ROLE ${id(owner)} NOLOGIN PASSWORD NULL VALID UNTIL 'infinity'`);
  });
};

/** @throws BackendFault `blocked` where one does not end */
async function endSessionsOf(client: Client, owner: string, signal: AbortSignal): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    const { rowCount } = await client.query(
      'SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE usename = $1',
      [owner],
    );
    if (rowCount === 0) return;
    if (performance.now() - startedAt > SESSIONS_END_MS)
      throw new BackendFault('blocked', `PostgreSQL: a session of ${owner}, from an earlier attempt, does not end`);
    await delay(LOOK_AGAIN_MS, undefined, { signal });
  }
}
