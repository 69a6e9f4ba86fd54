import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { escapeIdentifier as id, escapeLiteral as literal } from 'pg';
import { hasCode } from '../failures';
import { isInvalid } from './invalid-database';
import type { PostgresServer, Session } from './server';

/** What came of it, where the database took the session, and else its refusal. */
type Entry<T> = { value: T } | { refusal: unknown };

const SHUT = '55000';
const FULL = '53300';
const TRIES = 20;
const LONGEST_PAUSE_MS = 100;

/**
 * Stores whether a database allowed connections before we opened it: a setting of the provisioner for sessions there,
 * which say themselves what they are called, so it has no effect. Only superusers can invent settings of their own.
 * What is set for its owner role a blueprint could set, or what a tenant has put in the way of one.
 */
const NOTE = 'application_name';
const NOTE_WORDS = 'freeflow: was';

const FIND_NOTE = `
  SELECT substr(c, length($2) + 1) AS was FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase, unnest(s.setconfig) c
   WHERE s.setrole = (SELECT oid FROM pg_roles WHERE rolname = current_user) AND d.datname = $1 AND starts_with(c, $2)`;
const FIND_NOTES = `
  SELECT d.datname AS database FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase, unnest(s.setconfig) c
   WHERE s.setrole = (SELECT oid FROM pg_roles WHERE rolname = current_user) AND starts_with(c, $1)`;
const NOTE_PREFIX = `${NOTE}=${NOTE_WORDS} `;

/**
 * Works inside a tenant's database that takes no connections, or no more: opens it, connects, and sets it back to what
 * it was at once, since an open session stays. A role that may not log in, as that of a suspended tenant, can't use
 * that moment. What it was is noted in the transaction that opens it, so that after a crash the next of these calls
 * sets it back.
 */
export async function enterShut<T>(
  server: PostgresServer,
  database: string,
  signal: AbortSignal,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const fingerprintOf = await tryToEnter(server, database, signal, work);
  if ('value' in fingerprintOf) return fingerprintOf.value;
  for (let tries = 1; ; tries += 1) {
    await server.inHomeDatabase(signal, (session) => open(session, database));
    const entered = await enterOpened(server, database, signal, work);
    if ('value' in entered) return entered.value;
    // A concurrent call has set it back in between; the random delay keeps them from colliding again.
    if (tries === TRIES) throw entered.refusal;
    await delay(randomInt(LONGEST_PAUSE_MS), undefined, { signal });
  }
}

/** Sets back what earlier calls had opened and, cut off in between, couldn't. */
export async function setBackAll(server: PostgresServer): Promise<void> {
  const { rows } = await server.pool.query<{ database: string }>(FIND_NOTES, [NOTE_PREFIX]);
  for (const { database } of rows) await setBackNow(server, database);
}

/** Sets whether a tenant's database takes connections from now on. One whose DROP was cut off takes none. */
export const setAllowed = (
  session: Session,
  database: string,
  isAllowed: boolean,
  own: readonly string[],
): Promise<void> =>
  runLocked(session, database, async () => {
    await setBack(session, database);
    if (!isAllowed && (await isInvalid(session, database))) return;
    await session.change(`ALTER DATABASE ${id(database)} ALLOW_CONNECTIONS ${isAllowed}`, own);
  });

async function enterOpened<T>(
  server: PostgresServer,
  database: string,
  signal: AbortSignal,
  work: (session: Session) => Promise<T>,
): Promise<Entry<T>> {
  try {
    return await tryToEnter(server, database, signal, async (session) => {
      await setBackNow(server, database);
      return work(session);
    });
  } finally {
    await setBackNow(server, database);
  }
}

async function tryToEnter<T>(
  server: PostgresServer,
  database: string,
  signal: AbortSignal,
  work: (session: Session) => Promise<T>,
): Promise<Entry<T>> {
  let isIn = false;
  try {
    const value = await server.inFurtherDatabase(database, signal, (session) => {
      isIn = true;
      return work(session);
    });
    return { value };
  } catch (error) {
    if (isIn || !hasCode(error, SHUT, FULL)) throw error;
    return { refusal: error };
  }
}

/** By a signal of its own: a lost lock is no reason to leave it open, and what was changed since is left alone. */
const setBackNow = (server: PostgresServer, database: string): Promise<void> =>
  server.inHomeDatabase(new AbortController().signal, (session) =>
    runLocked(session, database, () => setBack(session, database)),
  );

/** Who opens or shuts a database holds a lock at the provisioner's own database, where no tenant can take it. */
async function runLocked(session: Session, database: string, work: () => Promise<void>): Promise<void> {
  const key = `hashtextextended(${literal(`freeflow/${database}`)}, 0)`;
  await session.change(`SELECT pg_advisory_lock(${key})`);
  try {
    await work();
  } finally {
    await session.client.query(`SELECT pg_advisory_unlock(${key})`).catch(() => undefined);
  }
}

const open = (session: Session, database: string): Promise<void> =>
  runLocked(session, database, async () => {
    const {
      rows: [now],
    } = await session.client.query<{ isOpen: boolean; limit: number }>(
      'SELECT datallowconn AS "isOpen", datconnlimit AS "limit" FROM pg_database WHERE datname = $1',
      [database],
    );
    const isNoted = (await noteOf(session, database)) !== undefined;
    const note =
      now === undefined || isNoted
        ? ''
        : `${noteAt(database)} SET ${NOTE} = ${literal(`${NOTE_WORDS} ${now.isOpen} ${now.limit}`)}; `;
    // One string is one transaction.
    await session.change(`${note}ALTER DATABASE ${id(database)} ALLOW_CONNECTIONS true CONNECTION LIMIT -1`);
  });

async function setBack(session: Session, database: string): Promise<void> {
  const [, isOpen, limit] = /^(true|false) (-?\d+)$/.exec((await noteOf(session, database)) ?? '') ?? [];
  if (isOpen === undefined || limit === undefined) return;
  const restored = (await isInvalid(session, database))
    ? ''
    : `ALTER DATABASE ${id(database)} ALLOW_CONNECTIONS ${isOpen} CONNECTION LIMIT ${limit}; `;
  await session.change(`${restored}${noteAt(database)} RESET ${NOTE}`);
}

async function noteOf({ client }: Session, database: string): Promise<string | undefined> {
  const {
    rows: [note],
  } = await client.query<{ was: string }>(FIND_NOTE, [database, NOTE_PREFIX]);
  return note?.was;
}

const noteAt = (database: string): string => `ALTER ROLE CURRENT_USER IN DATABASE ${id(database)}`;
