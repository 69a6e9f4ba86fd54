import { isPostgresUrl } from '../config/url-forms';

/** PostgreSQL cuts longer names without a word. */
const NAME_BYTES_MAX = 63;

/** Whether a text is a connection string with a database in it. */
export function isMasterUrl(text: string): boolean {
  try {
    const database = databaseOf(text);
    return isPostgresUrl(text) && database !== '' && Buffer.byteLength(database) <= NAME_BYTES_MAX;
  } catch {
    return false;
  }
}

/** The database a connection string names. */
export function databaseOf(url: string): string {
  return decodeURIComponent(new URL(url).pathname.slice(1));
}

/** The same server and login, another database. */
export function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${encodeURIComponent(database)}`;
  return changed.href;
}

/** Where a connection string leads, for messages: neither user nor password. */
export function describeServer(url: string): string {
  const { hostname, port } = new URL(url);
  return hostname === '' ? 'the local socket' : `${hostname}:${port || '5432'}`;
}
