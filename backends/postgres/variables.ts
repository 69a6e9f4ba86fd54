import { attemptMsOf } from '@freeflow/contract';
import { isPostgresUrl, postgresUrl, secret, text, wholeNumber } from '@freeflow/lib/config';

/**
 * A tenant's address of the server is recorded and shown as it stands: a login belongs elsewhere, and so does a
 * password of any kind.
 */
const NOT_IN_ADDRESS = ['user', 'password', 'dbname', 'database', 'passfile', 'sslpassword'];

/** Where a PostgreSQL server is, without a login. */
export const postgresAddress = () =>
  text('postgresql://HOST:PORT/?OPTIONS, with one host, without user, password and database', isPostgresAddress);

/** An owner's login at a PostgreSQL server. */
export const postgresLogin = () => text('postgresql://USER:PASSWORD@HOST:PORT/, with one host', isPostgresLogin);

/** What an attempt does beside the files of a blueprint. */
const ELSE_MS = 60_000;
/**
 * How long one file of a blueprint may take, and so a statement of it, in ms: within the time of one attempt. The next
 * one goes on with the file after it.
 */
export const LONGEST_FILE_MS = attemptMsOf('postgres') - ELSE_MS;

/** What the worker reads of its environment for PostgreSQL. */
export const VARIABLES = {
  POSTGRES_ADMIN_URL: secret(
    postgresUrl(),
    "the tenants' PostgreSQL server, by a login that may create databases and roles",
  ),
  POSTGRES_TENANT_URL: postgresAddress()
    .optional()
    .describe(
      "the PostgreSQL server as the tenants' applications reach it; unset: the worker's own way, without its login",
    ),
  POSTGRES_SESSIONS: wholeNumber(1, 1_000)
    .default(8)
    .describe(
      'sessions by which one worker creates, probes and drops at PostgreSQL at a time; up to 14 more read and assist',
    ),
  POSTGRES_TENANT_CONNECTIONS: wholeNumber(1, 100_000)
    .default(50)
    .describe('connections to PostgreSQL that one tenant may have at a time'),
  POSTGRES_BLUEPRINT_TIMEOUT_MS: wholeNumber(
    100,
    LONGEST_FILE_MS,
    `a whole number of milliseconds, 100 to ${LONGEST_FILE_MS}`,
  )
    .default(60_000)
    .describe('how long one statement of a blueprint may take at PostgreSQL'),
};

function isPostgresLogin(url: string): boolean {
  try {
    const { username, password, hostname } = new URL(url);
    // The driver refuses what isn't well escaped.
    decodeURIComponent(username + password);
    return isPostgresUrl(url) && username !== '' && hostname !== '';
  } catch {
    return false;
  }
}

function isPostgresAddress(address: string): boolean {
  if (!isPostgresUrl(address)) return false;
  const { username, password, pathname, hostname, searchParams } = new URL(address);
  const isBare = username === '' && password === '' && /^\/?$/.test(pathname);
  return isBare && hostname !== '' && !NOT_IN_ADDRESS.some((it) => searchParams.has(it));
}
