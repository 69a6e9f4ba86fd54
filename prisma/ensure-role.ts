import { retryCollisions, errorCode, scramVerifier } from '@freeflow/lib/pg';
import { escapeIdentifier, escapeLiteral, type Client } from 'pg';
import { DbMasterError } from './errors';

/** A role and the variable its password comes from. */
export interface RoleLogin {
  readonly role: string;
  readonly variable: string;
  /** Unset: a new role can't log in, an existing one keeps its login. */
  readonly password: string | undefined;
}

/**
 * Makes a role exist, with the given password if there is one. Safe when several do it at once.
 * @returns what was done, as one line
 * @throws DbMasterError `roles-missing` when it doesn't exist and the session may not create it
 */
export async function ensureRole(session: Client, login: RoleLogin): Promise<string> {
  const isNew = !(await roleExists(session, login.role)) && (await createRole(session, login));
  if (isNew)
    return `Role ${login.role} created${login.password === undefined ? ` without a login: ${login.variable} is not set` : ', with a password'}.`;
  if (login.password === undefined) return `Role ${login.role} exists; kept as it is.`;
  return setPassword(session, login);
}

async function roleExists(session: Client, role: string): Promise<boolean> {
  const { rowCount } = await session.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
  return rowCount === 1;
}

/** Returns false when another session created it meanwhile. */
async function createRole(session: Client, login: RoleLogin): Promise<boolean> {
  try {
    const attributes = await loginAttributes(login.password);
    await retryCollisions(() => session.query(`CREATE ROLE ${escapeIdentifier(login.role)} ${attributes}`));
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (code === '42710' || code === '23505') return false;
    if (code !== '42501') throw error;
    throw new DbMasterError(
      'roles-missing',
      `Role ${login.role} does not exist and this user may not create it: create it once, or migrate as a user with CREATEROLE.`,
      { cause: error },
    );
  }
}

async function setPassword(session: Client, login: RoleLogin): Promise<string> {
  try {
    const attributes = await loginAttributes(login.password);
    await retryCollisions(() => session.query(`ALTER ROLE ${escapeIdentifier(login.role)} ${attributes}`));
    return `Role ${login.role} exists; its password is set.`;
  } catch (error) {
    if (errorCode(error) !== '42501') throw error;
    return `Role ${login.role} exists; its password is left as it is, because this user may not change it.`;
  }
}

async function loginAttributes(password: string | undefined): Promise<string> {
  return password === undefined ? 'NOLOGIN' : `LOGIN PASSWORD ${escapeLiteral(await scramVerifier(password))}`;
}
