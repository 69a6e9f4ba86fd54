import { scramVerifier } from '@freeflow/db-master';
import { type Client, escapeIdentifier, escapeLiteral } from 'pg';
import { change, hasCode, SQLSTATE } from './postgres-client';

/** What the role may be and must not be. Whatever is missing here is as PostgreSQL has it for a new role. */
export const ROLE_ATTRIBUTES = [
  { column: 'rolcanlogin', word: 'LOGIN', isWanted: true },
  { column: 'rolcreatedb', word: 'CREATEDB', isWanted: true },
  { column: 'rolcreaterole', word: 'CREATEROLE', isWanted: true },
  { column: 'rolinherit', word: 'INHERIT', isWanted: true },
  { column: 'rolsuper', word: 'SUPERUSER', isWanted: false },
  { column: 'rolreplication', word: 'REPLICATION', isWanted: false },
  { column: 'rolbypassrls', word: 'BYPASSRLS', isWanted: false },
] as const;

type Attributes = Record<(typeof ROLE_ATTRIBUTES)[number]['column'], boolean>;

/** Without it, who makes a role can't act as that role, and so can't make the tenant's schema. */
const SELF_GRANT = { name: 'createrole_self_grant', value: 'set, inherit' };

/**
 * Makes the role unless it is there.
 * @returns whether this call made it
 */
export async function ensureRole(client: Client, role: string, password: string): Promise<boolean> {
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
  if (rowCount !== 0) return false;
  try {
    await change(client, `CREATE ROLE ${escapeIdentifier(role)} LOGIN CREATEDB CREATEROLE PASSWORD ${await stored(password)}`);
    return true;
  } catch (error) {
    // Somebody else may have been quicker, another stack on the same server perhaps.
    if (hasCode(error, SQLSTATE.duplicateRole, SQLSTATE.uniqueViolation)) return false;
    throw error;
  }
}

export async function setPassword(client: Client, role: string, password: string): Promise<void> {
  await change(client, `ALTER ROLE ${escapeIdentifier(role)} PASSWORD ${await stored(password)}`);
}

/** The server is given a verifier: a password in a statement would end up in its log as soon as the statement fails. */
const stored = async (password: string): Promise<string> => escapeLiteral(await scramVerifier(password));

/** Gives the role what it lacks and takes what it has too much of; says what that was. */
export const mendRole = async (client: Client, role: string): Promise<string[]> => [...await mendAttributes(client, role), ...await mendSelfGrant(client, role), ...await endMemberships(client, role)];

/** Names only what differs: naming an attribute such as NOSUPERUSER at all takes a superuser. */
async function mendAttributes(client: Client, role: string): Promise<string[]> {
  const { rows: [has] } = await client.query<Attributes>(`SELECT ${ROLE_ATTRIBUTES.map(({ column }) => column).join(', ')} FROM pg_roles WHERE rolname = $1`, [role]);
  const words = ROLE_ATTRIBUTES.filter(({ column, isWanted }) => has?.[column] !== isWanted).map(({ word, isWanted }) => (isWanted ? word : `NO${word}`));
  if (words.length === 0) return [];
  await change(client, `ALTER ROLE ${escapeIdentifier(role)} ${words.join(' ')}`);
  return [`role ${role} is ${words.join(', ')} again`];
}

async function mendSelfGrant(client: Client, role: string): Promise<string[]> {
  const { name, value } = SELF_GRANT;
  const { rowCount } = await client.query('SELECT FROM pg_db_role_setting WHERE setrole = $1::regrole AND setdatabase = 0 AND $2 = ANY(setconfig)', [escapeIdentifier(role), `${name}=${value}`]);
  if (rowCount !== 0) return [];
  await change(client, `ALTER ROLE ${escapeIdentifier(role)} SET ${name} = ${escapeLiteral(value)}`);
  return [`role ${role} acts as the roles it makes (${name})`];
}

/**
 * The roles it has made are its own to administer, by a grant that PostgreSQL gives it for each. Any other membership
 * would lend it rights which nobody meant it to have; so would one in a role of the server, however it came by it.
 */
async function endMemberships(client: Client, role: string): Promise<string[]> {
  const { rows } = await client.query<{ of: string; grantor: string }>(
    `SELECT roleid::regrole::text AS "of", grantor::regrole::text AS "grantor" FROM pg_auth_members g JOIN pg_roles r ON r.oid = g.roleid
      WHERE member = $1::regrole AND (r.rolsuper OR r.rolname LIKE 'pg\\_%'
         OR NOT EXISTS (SELECT FROM pg_auth_members made WHERE made.member = g.member AND made.roleid = g.roleid AND made.admin_option))`,
    [escapeIdentifier(role)],
  );
  for (const { of, grantor } of rows) await change(client, `REVOKE ${of} FROM ${escapeIdentifier(role)} GRANTED BY ${grantor} CASCADE`);
  return [...new Set(rows.map(({ of }) => of))].map((of) => `role ${role} is no member of ${of} any more`);
}
