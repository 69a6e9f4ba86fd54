import { isCutConnection } from '@freeflow/lib/pg';
import { escapeIdentifier as id, type Client } from 'pg';
import type { PlannedFile } from '../../backend';
import { BackendFault, codesOf, messageOf } from '../../failures';
import { setAll, type Setting } from '../neutral-session';
import { SCHEMA } from '../sql';
import { LONGEST_FILE_MS } from '../variables';
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

/** Why a file is not applied. */
export interface FileFailure {
  /** BackendFault `blueprint-refused` by file and line, `blocked` where a lock was not had, and others. */
  fault: unknown;
  /** Whether it is certain that nothing of it is there. */
  isUndone: boolean;
}

interface Bounds {
  /** How long one statement may take, in ms. */
  timeoutMs: number;
  /** What the session began with, in place of what was set for role and database. */
  settings: readonly Setting[];
}

/**
 * Applies one file, in one transaction with its mark; or, where it can't be in one, alone and then its mark: it is one
 * that can be repeated.
 */
export async function runFile(client: Client, file: PlannedFile, bounds: Bounds): Promise<FileFailure | undefined> {
  try {
    await setUp(client, bounds);
    if (isOutside(file)) await runOutside(client, file, bounds);
    else await runInside(client, file);
    return undefined;
  } catch (error) {
    const fault = toFault(file, error, bounds.timeoutMs);
    // By an answer of the server, or because COMMIT was never sent. Outside of a transaction a statement that is
    // refused has done nothing that a further one would not find.
    const isCertain = fault instanceof BackendFault && !(error instanceof EndedItself);
    return { fault, isUndone: isCertain && (!isOutside(file) || fault.type === 'blueprint-refused') };
  }
}

async function runOutside(client: Client, file: PlannedFile, bounds: Bounds): Promise<void> {
  await dropBroken(client);
  await runAll(client, file);
  await setUp(client, bounds);
  await writeMark(client, file);
}

async function runInside(client: Client, file: PlannedFile): Promise<void> {
  await client.query('BEGIN READ WRITE');
  await writeMark(client, file);
  const id = await transactionOf(client);
  await runAll(client, file);
  if ((await transactionOf(client)) !== id) throw new EndedItself('the file has ended its own transaction');
  await client.query('COMMIT');
}

/** What came before that stays, its mark included. */
class EndedItself extends Error {
  override readonly name = 'EndedItself';
  readonly code = '25000';
}

/**
 * The server limits each statement, the driver the whole file: one that takes as long as an attempt would begin anew
 * with each, and never end.
 */
async function runAll(client: Client, { content: text, path }: PlannedFile): Promise<void> {
  const file = { text, query_timeout: LONGEST_FILE_MS };
  await client.query(file).catch((error: unknown) => {
    if (!isCutConnection(error) || !/timeout/i.test(messageOf(error))) throw error;
    throw new BackendFault(
      'overloaded',
      `PostgreSQL: ${path}: it takes longer than ${LONGEST_FILE_MS} ms as a whole, in which one attempt has to end: divide it`,
      { cause: error },
    );
  });
}

/** Whatever the server's own is; that of transactions came with PostgreSQL 17. */
const NO_END = `
  SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings WHERE name IN ('transaction_timeout', 'idle_session_timeout')`;

/** Nothing of the file before counts, nor what somebody has set for role or database. */
async function setUp(client: Client, { timeoutMs, settings: neutral }: Bounds): Promise<void> {
  await client.query('DISCARD ALL');
  await setAll(client, neutral);
  await client.query(NO_END);
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
  await setAll(
    client,
    Object.entries(settings).map(([name, value]) => ({ name, value })),
  );
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
