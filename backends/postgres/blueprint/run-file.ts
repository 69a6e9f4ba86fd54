import { escapeIdentifier as id, type Client } from 'pg';
import type { PlannedFile } from '../../backend';
import { BackendFault, codesOf, messageOf } from '../../failures';
import { SCHEMA } from '../sql';
import { isOutside, lineAt } from './check-sql';
import { writeMark } from './marks';
import { EXTENSIONS_SCHEMA } from './place';

const LOCK_TIMEOUT_MS = 5_000;
const IDLE_TIMEOUT_MS = 30_000;

/** Classes of SQLSTATE by which a server refuses what it is told, whenever it is told it. */
const REFUSALS = /^(0A|0L|0P|21|22|23|25|26|2B|34|38|39|3D|3F|42|44|54|P0)/;
const LOCKED = '55P03';
const CANCELED = '57014';

const BROKEN = `
  SELECT n.nspname AS schema, c.relname AS name FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE NOT i.indisvalid AND c.relkind = 'i' AND c.relowner = current_user::pg_catalog.regrole`;

/**
 * Applies one file, in one transaction with its mark; or, where it can't be in one, alone and then its mark: it is one
 * that can be repeated.
 * @param timeoutMs how long one statement may take
 * @throws BackendFault `blueprint-refused` by file and line, `blocked` where a lock was not had
 */
export async function runFile(client: Client, file: PlannedFile, timeoutMs: number): Promise<void> {
  await setUp(client, timeoutMs);
  try {
    if (isOutside(file)) {
      await dropBroken(client);
      await runAll(client, file);
      await setUp(client, timeoutMs);
      return await writeMark(client, file);
    }
    await client.query('BEGIN READ WRITE');
    await writeMark(client, file);
    const id = await transactionOf(client);
    await runAll(client, file);
    if ((await transactionOf(client)) !== id)
      throw Object.assign(new Error('the file has ended its own transaction'), { code: '25000' });
    await client.query('COMMIT');
  } catch (error) {
    throw toFault(file, error, timeoutMs);
  }
}

/** The limit is that of each statement, which the server keeps; the driver's would be one for the whole file. */
const NO_LIMIT_MS = 2 ** 31 - 1;
async function runAll(client: Client, { content: text }: PlannedFile): Promise<void> {
  const file = { text, query_timeout: NO_LIMIT_MS };
  await client.query(file);
}

/** Nothing of the file before counts, nor what somebody has set for role or database. */
async function setUp(client: Client, timeoutMs: number): Promise<void> {
  await client.query('DISCARD ALL');
  const settings = {
    role: 'none',
    search_path: `${SCHEMA}, ${EXTENSIONS_SCHEMA}`,
    default_transaction_read_only: 'off',
    default_transaction_isolation: 'read committed',
    lock_timeout: String(LOCK_TIMEOUT_MS),
    statement_timeout: String(timeoutMs),
    idle_in_transaction_session_timeout: String(IDLE_TIMEOUT_MS),
    TimeZone: 'UTC',
  };
  for (const [name, value] of Object.entries(settings))
    await client.query('SELECT pg_catalog.set_config($1, $2, false)', [name, value]);
}

const transactionOf = async (client: Client): Promise<string | undefined> =>
  (await client.query<{ id: string }>('SELECT pg_catalog.pg_current_xact_id()::pg_catalog.text AS id')).rows[0]?.id;

/** What an index is that was given up on its way: it would be taken for made. */
async function dropBroken(client: Client): Promise<void> {
  const { rows } = await client.query<{ schema: string; name: string }>(BROKEN);
  for (const { schema, name } of rows) await client.query(`DROP INDEX ${id(schema)}.${id(name)}`);
}

function toFault({ path, content }: PlannedFile, error: unknown, timeoutMs: number): unknown {
  if (error instanceof BackendFault) return error;
  const code = codesOf(error).find((it): it is string => typeof it === 'string' && /^[0-9A-Z]{5}$/.test(it));
  const { position } = error as { position?: string };
  const line = position === undefined ? '' : `:${lineAt(Number(position) - 1, content)}`;
  const fault = (type: BackendFault['type'], what: string) =>
    new BackendFault(type, `PostgreSQL: ${path}${line}: ${what}`, { cause: error });
  if (code === LOCKED) return fault('blocked', 'a lock is held by another session, often of the tenant');
  if (code === CANCELED) return fault('overloaded', `a statement took longer than ${timeoutMs} ms`);
  return code !== undefined && REFUSALS.test(code)
    ? fault('blueprint-refused', `${messageOf(error)} (${code})`)
    : error;
}
