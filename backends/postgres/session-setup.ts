import { escapeLiteral, type Client, type Pool, type QueryConfig } from 'pg';

/** Ends well before the deadline of a statement, so that a lock is never taken for a server that doesn't answer. */
const LOCK_TIMEOUT_MS = 5_000;

/**
 * Of every session with an effect: a database may have settings of its own, set by anyone who may alter it, and none of
 * them may change what a statement of ours does.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  role: 'none',
  default_transaction_read_only: 'off',
  lock_timeout: String(LOCK_TIMEOUT_MS),
  search_path: 'pg_catalog',
};

// A statement may come before the settings, so nothing in it is looked for on a search path.
const SERVER_ID = '(SELECT system_identifier::pg_catalog.text FROM pg_catalog.pg_control_system()) AS id';
const SET_UP = `SELECT ${Object.entries(SETTINGS)
  .map(([name, value]) => `pg_catalog.set_config(${escapeLiteral(name)}, ${escapeLiteral(value)}, false)`)
  .join(', ')}, ${SERVER_ID}`;

/** Sets a session up, new or used before, and tells in the same round trip which server it is on. */
export const setUpSession = (client: Client, withinMs?: number): Promise<string> =>
  idFrom(client, { text: SET_UP, ...(withinMs === undefined ? {} : { query_timeout: withinMs }) });

/** Which server answers: PostgreSQL's `system_identifier`. */
export const readServerId = (pool: Pool): Promise<string> => idFrom(pool, { text: `SELECT ${SERVER_ID}` });

async function idFrom(session: Client | Pool, query: QueryConfig): Promise<string> {
  const { rows } = await session.query<{ id: string }>(query);
  const [row] = rows;
  if (row === undefined) throw new Error('the server did not tell which one it is');
  return row.id;
}
