import { scramVerifier } from '@freeflow/lib/pg';
import { escapeIdentifier as id, escapeLiteral as literal, type Client } from 'pg';
import type { Target } from '../../backend';
import { newPassword } from '../../passwords';
import { endSessionsOf } from '../end-sessions';
import { openNeutral, settingsOf, type Setting } from '../neutral-session';
import type { PostgresServer } from '../server';
import { ownerRole } from '../sql';

/** So long the server takes the password of a login that nobody could shut again. */
const LOGIN_S = 60;

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
  work: (client: Client, settings: readonly Setting[]) => Promise<T>,
): Promise<T> {
  const owner = ownerRole(name);
  const password = newPassword();
  await server.inDatabase(server.home, signal, async (session) => {
    const { client, change } = session;
    await change(`ALTER ROLE ${id(owner)} NOLOGIN PASSWORD NULL`);
    await endSessionsOf(session, owner, signal);
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
    const login = server.loginOf(owner, password, name);
    const bounds = { settings: { ...login.settings, statement_timeout: timeoutMs }, query_timeout: timeoutMs + 2_000 };
    try {
      const settings = await settingsOf(server.pool, owner, name);
      const ofFiles = { ...login, ...bounds, application_name: 'freeflow-blueprint' };
      const client = await enter(server, owner, () => openNeutral(server.pool, ofFiles, settings));
      const cut = () => void client.end().catch(() => undefined);
      signal.addEventListener('abort', cut);
      try {
        signal.throwIfAborted();
        return await work(client, settings);
      } finally {
        signal.removeEventListener('abort', cut);
        await client.end().catch(() => undefined);
      }
    } finally {
      // What was cut off, or is not waited for any more, may still be at work.
      await clean(server, owner, name);
    }
  });
}

/** Opens the session, and shuts the door behind it. */
async function enter(server: PostgresServer, owner: string, open: () => Promise<Client>): Promise<Client> {
  try {
    return await open();
  } finally {
    await shut(server, owner);
  }
}

const SHUT = `NOLOGIN PASSWORD NULL VALID UNTIL 'infinity'`;

/** By a signal of its own: a lost lock is no reason to leave the door open. */
const shut = (server: PostgresServer, owner: string): Promise<void> =>
  server.inHomeDatabase(new AbortController().signal, ({ change }) => change(`ALTER ROLE ${id(owner)} ${SHUT}`));

/** What was set for the owner meanwhile goes as well: the platform sets nothing for it. */
function clean(server: PostgresServer, owner: string, database: string): Promise<void> {
  const { signal } = new AbortController();
  return server.inHomeDatabase(signal, async (session) => {
    const role = `ALTER ROLE ${id(owner)}`;
    await session.change(`${role} ${SHUT}; ${role} RESET ALL; ${role} IN DATABASE ${id(database)} RESET ALL`);
    await endSessionsOf(session, owner, signal);
  });
}
