import { scramVerifier } from '@freeflow/lib/pg';
import { type Client, escapeIdentifier, escapeLiteral } from 'pg';
import { change, hasCode, SQLSTATE } from './client';
import { roleFaults, SELF_GRANT } from './role-faults';

/**
 * Makes the role unless it is there.
 * @returns whether this call made it
 */
export async function ensureRole(client: Client, role: string, password: string): Promise<boolean> {
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
  if (rowCount !== 0) return false;
  try {
    await change(
      client,
      `CREATE ROLE ${escapeIdentifier(role)} LOGIN CREATEDB CREATEROLE PASSWORD ${await hashPassword(password)}`,
    );
    return true;
  } catch (error) {
    // Another set-up may have been quicker, as of another stack on the same server.
    if (hasCode(error, SQLSTATE.duplicateRole, SQLSTATE.uniqueViolation)) return false;
    throw error;
  }
}

export async function setPassword(client: Client, role: string, password: string): Promise<void> {
  await change(client, `ALTER ROLE ${escapeIdentifier(role)} PASSWORD ${await hashPassword(password)}`);
}

/** The server is given a verifier: a password in a statement would end up in its log as soon as the statement fails. */
const hashPassword = async (password: string): Promise<string> => escapeLiteral(await scramVerifier(password));

/** Gives the role what it lacks and takes what it has too much of; returns what that was. */
export async function repairRole(client: Client, role: string): Promise<string[]> {
  const { attributes, lacksSelfGrant, memberships } = await roleFaults(client, role);
  const [name, { setting, value }] = [escapeIdentifier(role), SELF_GRANT];
  // Names only what differs: naming an attribute such as NOSUPERUSER at all takes a superuser.
  if (attributes.length > 0) await change(client, `ALTER ROLE ${name} ${attributes.join(' ')}`);
  if (lacksSelfGrant) await change(client, `ALTER ROLE ${name} SET ${setting} = ${escapeLiteral(value)}`);
  for (const { of, grantor } of memberships)
    await change(client, `REVOKE ${of} FROM ${name} GRANTED BY ${grantor} CASCADE`);
  return [
    ...(attributes.length > 0 ? [`role ${role} is ${attributes.join(', ')} again`] : []),
    ...(lacksSelfGrant ? [`role ${role} acts as the roles it creates (${setting})`] : []),
    ...[...new Set(memberships.map(({ of }) => of))].map((of) => `role ${role} is no member of ${of} any more`),
  ];
}
