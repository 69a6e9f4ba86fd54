import { scramVerifier } from '@freeflow/db-master';
import { Client, DatabaseError, escapeLiteral } from 'pg';
import { messageOf } from '../files';
import { databaseUrl } from './postgres-url';

const PROVISIONER = 'freeflow_provisioner';
const TIMEOUTS = { connectionTimeoutMillis: 3_000, query_timeout: 10_000, application_name: 'freeflow-stack' };

const INVALID_PASSWORD = '28P01';
const MISSING_DATABASE = '3D000';
const DUPLICATE_ROLE = '42710';
/** Lacks rights; for CREATE ROLE by someone without CREATEROLE as well as for altering another's role. */
const INSUFFICIENT_PRIVILEGE = '42501';

/** Throws while the server does not answer, or refuses the credentials in the URL. The database itself may still be to be made. */
export async function checkPostgres(url: string): Promise<void> {
  try {
    await withClient(url, (client) => client.query('SELECT 1'));
  } catch (error) {
    if (!hasCode(error, MISSING_DATABASE)) throw error;
  }
}

export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, ...TIMEOUTS });
  // A connection that breaks while idle would otherwise end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

export interface PostgresSetUp {
  /** With an administrator's credentials. */
  url: string;
  password: string;
  /** Whether the server is the stack's own: on another one a role that exists is never given a new password. */
  isOurs: boolean;
  note: (text: string) => void;
}

/** Makes the provisioner, a role that creates databases and roles but is no superuser, and returns its URL; without the rights to, the given URL. */
export async function setUpPostgres({ url, password, isOurs, note }: PostgresSetUp): Promise<string> {
  const provisionerUrl = databaseUrl(url, 'postgres', { user: PROVISIONER, password });
  try {
    await withClient(databaseUrl(url, 'postgres'), async (client) => {
      await ensureRole(client, password, isOurs);
      await client.query(`ALTER ROLE ${PROVISIONER} SET createrole_self_grant = 'set, inherit'`);
      await closeCommonDatabases(client, note);
    });
  } catch (error) {
    if (isOurs || !hasCode(error, INSUFFICIENT_PRIVILEGE)) throw error;
    note(`no role of its own could be made for the worker (${messageOf(error)}); POSTGRES_ADMIN_URL is used as it is`);
    return url;
  }
  if (await canLogIn(provisionerUrl)) return provisionerUrl;
  note(`the role ${PROVISIONER} exists with another password; POSTGRES_ADMIN_URL is used as it is`);
  return url;
}

/** The server is given a verifier: a password in a statement would end up in its log as soon as the statement fails. */
async function ensureRole(client: Client, password: string, isOurs: boolean): Promise<void> {
  const attributes = `LOGIN CREATEDB CREATEROLE PASSWORD ${escapeLiteral(await scramVerifier(password))}`;
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [PROVISIONER]);
  if (rowCount !== 0) {
    if (isOurs) await client.query(`ALTER ROLE ${PROVISIONER} ${attributes}`);
    return;
  }
  try {
    await client.query(`CREATE ROLE ${PROVISIONER} ${attributes}`);
  } catch (error) {
    // Another stack on the same server may have been quicker.
    if (!hasCode(error, DUPLICATE_ROLE)) throw error;
  }
}

/** Every tenant's role could connect to these otherwise: PUBLIC may, from the start. A REVOKE by someone without the right is a silent no-op, so it is checked. */
async function closeCommonDatabases(client: Client, note: (text: string) => void): Promise<void> {
  await client.query(`GRANT CONNECT ON DATABASE postgres TO ${PROVISIONER}`);
  for (const database of ['postgres', 'template1']) await client.query(`REVOKE CONNECT ON DATABASE ${database} FROM PUBLIC`);
  const { rows } = await client.query<{ datname: string }>(`SELECT datname FROM pg_database WHERE datname IN ('postgres', 'template1') AND EXISTS (SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) WHERE grantee = 0 AND privilege_type = 'CONNECT')`);
  if (rows.length > 0) note(`every role may still connect to ${rows.map(({ datname }) => datname).join(' and ')}: their owner should REVOKE CONNECT FROM PUBLIC`);
}

/** False when the role is missing or has another password. */
export const canLogIn = (url: string): Promise<boolean> => checkPostgres(url).then(() => true, (error: unknown) => {
  if (hasCode(error, INVALID_PASSWORD)) return false;
  throw error;
});

const hasCode = (error: unknown, code: string): boolean => error instanceof DatabaseError && error.code === code;
