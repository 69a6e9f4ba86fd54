import type { Session } from './server';

/**
 * How PostgreSQL (16 and newer, and the last minor versions of older ones) marks a database whose DROP has begun to
 * remove files and was cut off, as by a crash of the server. It takes no connections and refuses every statement about
 * it with 55000, until DROP DATABASE ends what was begun.
 * https://www.postgresql.org/docs/18/release-15.html (15.4: "mark the pg_database row as invalid")
 */
export const IS_INVALID = 'd.datconnlimit = -2';

export const DROP_CUT_OFF = 'its DROP DATABASE was cut off: nothing but another one is possible with what is left';

export async function isInvalid({ client }: Session, database: string): Promise<boolean> {
  const { rowCount } = await client.query(`SELECT FROM pg_database d WHERE d.datname = $1 AND ${IS_INVALID}`, [
    database,
  ]);
  return rowCount !== 0;
}
