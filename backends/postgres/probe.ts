import { randomBytes } from 'node:crypto';
import { escapeIdentifier as id, type Client } from 'pg';
import { BackendFault, hasCode } from '../failures';
import { expectRefusal, type RefusalRule } from '../refusal';
import { sideBySide } from '../side-by-side';
import { FAILURE_CODES } from './failure-codes';
import { assertNotAdmitted, isPooled } from './pooler';
import type { PostgresServer } from './server';
import type { TenantLogin } from './tenant-login';

const INSUFFICIENT_PRIVILEGE = '42501';
const TOO_MANY_CONNECTIONS = '53300';

export const POSTGRES_REFUSAL: RefusalRule = {
  server: 'PostgreSQL',
  refusals: [INSUFFICIENT_PRIVILEGE],
  failures: FAILURE_CODES,
  otherwise: 'probe-refused',
};

interface Own {
  database: string;
  schema: string;
  owner: string;
}

/**
 * As the tenant: writes and reads in its own schema (rolled back, so nothing of it stays), and is refused at every
 * foreign database, at making a role or a schema, at becoming its owner and at changing its nonce, each time by 42501.
 */
export async function probePostgres(
  server: PostgresServer,
  login: TenantLogin,
  own: Own,
  masterDatabase: string,
  signal: AbortSignal,
): Promise<void> {
  await login
    .runConnected(own.database, (client) => probeOwn(server, client, login.role, own, true))
    .catch(async (error: unknown) => {
      if (!hasCode(error, TOO_MANY_CONNECTIONS)) throw await login.explainError(error);
      // Its sessions take all that it may have, so its password was right. What it may do is then tried by its role.
      await server.inDatabase(own.database, signal, async ({ client }) => {
        await client.query(`SET ROLE ${id(login.role)}`);
        await probeOwn(server, client, login.role, own, false);
      });
    });
  const { rows } = await server.pool.query<{ datname: string }>(
    'SELECT datname FROM pg_database WHERE datname = ANY ($1)',
    [[server.home, masterDatabase]],
  );
  const foreign = rows.map((it) => it.datname);
  if (await isPooled(server.pool)) return assertNotAdmitted(server.pool, login.role, foreign, 'probe-leak');
  await sideBySide(
    ...foreign.map((database) =>
      expectRefusal(POSTGRES_REFUSAL, `connecting to database ${database}`, () => enter(server, login, database)),
    ),
  );
}

/** Sees the tenant's own login refused: 28000 while its role may not log in (28P01 once its password is another). */
export async function assertLoginRefused(login: TenantLogin, database: string): Promise<void> {
  try {
    await login.runConnected(database, async () => undefined);
  } catch (error) {
    if (hasCode(error, '28000', '28P01')) return;
    throw error;
  }
  throw new BackendFault('still-open', 'PostgreSQL: the tenant still logs in');
}

async function probeOwn(
  server: PostgresServer,
  client: Client,
  role: string,
  { database, schema, owner }: Own,
  isItself: boolean,
): Promise<void> {
  await runRolledBack(client, () => writeAndRead(client, `${id(schema)}.${id(unusedName())}`));
  await expectRefusal(POSTGRES_REFUSAL, 'creating a role', () =>
    runRolledBack(client, () => client.query(`CREATE ROLE ${id(unusedName())}`)),
  );
  // Given by name it was an administrator's wish, as for extensions, and leads nowhere else; the reconciliation reports
  // it.
  if (!(await mayCreate(server, role, database)))
    await expectRefusal(POSTGRES_REFUSAL, 'creating a schema', () =>
      runRolledBack(client, () => client.query(`CREATE SCHEMA ${id(unusedName())}`)),
    );
  if (isItself)
    await expectRefusal(POSTGRES_REFUSAL, 'becoming its owner', () =>
      runRolledBack(client, () => client.query(`SET ROLE ${id(owner)}`)),
    );
  await expectRefusal(POSTGRES_REFUSAL, 'changing its nonce', () =>
    runRolledBack(client, () => client.query(`COMMENT ON ROLE ${id(owner)} IS 'probe'`)),
  );
}

/** No name that a tenant has, or could have thought of. */
const unusedName = (): string => `freeflow_probe_${randomBytes(12).toString('hex')}`;

async function writeAndRead(client: Client, table: string): Promise<void> {
  // By full names, in case the tenant has types or functions that are called like PostgreSQL's; and with its own
  // rights, which ALTER DEFAULT PRIVILEGES can have taken even from who makes a table.
  await client.query(
    `SET LOCAL search_path = pg_catalog; CREATE TABLE ${table} (value pg_catalog.int4); GRANT ALL ON TABLE ${table} TO CURRENT_USER; INSERT INTO ${table} VALUES (42)`,
  );
  const { rows } = await client.query<{ value: number }>(`SELECT value FROM ${table}`);
  if (rows[0]?.value !== 42)
    throw new BackendFault('probe-refused', 'PostgreSQL: the tenant did not read back what it wrote');
}

async function runRolledBack(client: Client, work: () => Promise<unknown>): Promise<void> {
  await client.query('BEGIN READ WRITE');
  try {
    await work();
  } finally {
    await client.query('ROLLBACK');
  }
}

const mayCreate = async ({ pool }: PostgresServer, role: string, database: string): Promise<boolean> =>
  (await pool.query<{ may: boolean }>(`SELECT has_database_privilege($1, $2, 'CREATE') AS may`, [role, database]))
    .rows[0]?.may === true;

async function enter({ pool }: PostgresServer, login: TenantLogin, database: string): Promise<void> {
  try {
    await login.runConnected(database, async () => undefined);
  } catch (error) {
    if (!hasCode(error, TOO_MANY_CONNECTIONS)) throw error;
    // The server counts before it looks at rights, so those are looked up.
    const {
      rows: [row],
    } = await pool.query<{ may: boolean }>(`SELECT has_database_privilege($1, $2, 'CONNECT') AS may`, [
      login.role,
      database,
    ]);
    if (row?.may === false) throw Object.assign(new Error('no right to connect'), { code: INSUFFICIENT_PRIVILEGE });
  }
}
