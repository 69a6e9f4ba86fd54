import { RESERVED_ROLE } from '@freeflow/lib/pg';
import { type Client, escapeIdentifier } from 'pg';

/** What the role may be and must not be. What is missing here is at PostgreSQL's default for a new role. */
const ROLE_ATTRIBUTES = [
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
export const SELF_GRANT = { setting: 'createrole_self_grant', value: 'set, inherit' };

/** How a role differs from what a provisioner has to be. */
export interface RoleFaults {
  /** What it should be, in the words of ALTER ROLE. */
  attributes: string[];
  lacksSelfGrant: boolean;
  memberships: { of: string; grantor: string }[];
}

/** Looks, and changes nothing; any role may look, at itself too. */
export async function roleFaults(client: Client, role: string): Promise<RoleFaults> {
  const {
    rows: [has],
  } = await client.query<Attributes>(
    `SELECT ${ROLE_ATTRIBUTES.map(({ column }) => column).join(', ')} FROM pg_roles WHERE rolname = $1`,
    [role],
  );
  const attributes = ROLE_ATTRIBUTES.filter(({ column, isWanted }) => has?.[column] !== isWanted).map(
    ({ word, isWanted }) => (isWanted ? word : `NO${word}`),
  );
  return {
    attributes,
    lacksSelfGrant: await lacksSelfGrant(client, role),
    memberships: await membershipsOf(client, role),
  };
}

async function lacksSelfGrant(client: Client, role: string): Promise<boolean> {
  const { setting, value } = SELF_GRANT;
  const { rowCount } = await client.query(
    'SELECT FROM pg_db_role_setting WHERE setrole = $1::regrole AND setdatabase = 0 AND $2 = ANY(setconfig)',
    [escapeIdentifier(role), `${setting}=${value}`],
  );
  return rowCount === 0;
}

/**
 * The roles it has made are its own to administer, by a grant that PostgreSQL gives it for each. Any other membership
 * would lend it rights that it was not meant to have; so would one in a role of the server, however it came by it, but
 * for that of the reserved connections.
 */
async function membershipsOf(client: Client, role: string): Promise<RoleFaults['memberships']> {
  const { rows } = await client.query<{ of: string; grantor: string }>(
    `SELECT roleid::regrole::text AS "of", grantor::regrole::text AS "grantor" FROM pg_auth_members g JOIN pg_roles r ON r.oid = g.roleid
      WHERE member = $1::regrole AND r.rolname <> $2 AND (r.rolsuper OR r.rolname LIKE 'pg\\_%'
         OR NOT EXISTS (SELECT FROM pg_auth_members made WHERE made.member = g.member AND made.roleid = g.roleid AND made.admin_option))`,
    [escapeIdentifier(role), RESERVED_ROLE],
  );
  return rows;
}
