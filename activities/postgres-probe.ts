import { HeardClient, type HeardClientConfig } from '@freeflow/db-master';
import { escapeIdentifier as id, type Client } from 'pg';
import { BackendFault, hasCode, messageOf } from './failures';

const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * As the tenant: writes and reads in its own schema (rolled back, so nothing of it stays), and is refused at
 * every foreign database, at making a role or a schema, at becoming its owner and at changing its mark, each time by 42501.
 */
export async function probePostgres(
  asTenant: (database: string) => HeardClientConfig,
  own: { database: string; schema: string; owner: string },
  foreignDatabases: string[],
): Promise<void> {
  await connected(asTenant(own.database), async (client) => {
    await client.query('BEGIN');
    const table = `${id(own.schema)}.freeflow_probe`;
    await client.query(`CREATE TABLE ${table} (value int); INSERT INTO ${table} VALUES (42)`);
    const { rows } = await client.query<{ value: number }>(`SELECT value FROM ${table}`);
    await client.query('ROLLBACK');
    if (rows[0]?.value !== 42) throw new BackendFault('probe-refused', 'PostgreSQL: the tenant did not read back what it wrote');
    await refused('making a role', () => client.query('CREATE ROLE freeflow_probe_role'));
    await refused('making a schema', () => client.query('CREATE SCHEMA freeflow_probe_schema'));
    await refused('becoming its owner', () => client.query(`SET ROLE ${id(own.owner)}`));
    // Were it let, the connection would end before anything is committed.
    await client.query('BEGIN');
    await refused('changing its mark', () => client.query(`COMMENT ON ROLE ${id(own.owner)} IS 'probe'`));
  });
  for (const database of foreignDatabases) {
    await refused(`connecting to database ${database}`, () => connected(asTenant(database), async () => undefined));
  }
}

/** Sees the tenant's own login refused: 28000 while its role may not log in (28P01 once that role is gone). */
export async function refusedLogin(asTenant: HeardClientConfig): Promise<void> {
  try {
    await connected(asTenant, async () => undefined);
  } catch (error) {
    if (hasCode(error, '28000', '28P01')) return;
    throw error;
  }
  throw new BackendFault('still-open', 'PostgreSQL: the tenant still logs in');
}

/** On one connection, which is ended then. */
export async function connected(config: HeardClientConfig, use: (client: Client) => Promise<void>): Promise<void> {
  const client = new HeardClient(config);
  try {
    await client.connect();
    await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function refused(what: string, attempt: () => Promise<unknown>): Promise<void> {
  try {
    await attempt();
  } catch (error) {
    if (hasCode(error, INSUFFICIENT_PRIVILEGE)) return;
    throw new BackendFault('probe-refused', `PostgreSQL: ${what} as the tenant ended in ${messageOf(error)}, expected 42501`, { cause: error });
  }
  throw new BackendFault('probe-leak', `PostgreSQL: ${what} as the tenant was not refused`);
}
