import { escapeIdentifier as id, escapeLiteral as literal } from 'pg';
import type { Notes } from '../backend';
import { hasCode, messageOf } from '../failures';
import type { Session } from './server';

/** Lists of names, each of which is quoted by itself: one literal would be taken for one name. */
const LISTS = [
  'search_path',
  'temp_tablespaces',
  'local_preload_libraries',
  'session_preload_libraries',
  'unix_socket_directories',
];

/** No right to set it, no such value, no such parameter, not one that can be set so. */
const NOT_GIVEN = ['42501', '22023', '42704', '55P02'];

const SETTINGS = `
  SELECT d.datname AS database, split_part(c, '=', 1) AS name, substr(c, strpos(c, '=') + 1) AS value
    FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase, unnest(s.setconfig) c
   WHERE r.rolname = $1 AND split_part(c, '=', 1) <> 'role' AND (s.setdatabase = 0 OR d.datname IS NOT NULL)`;

interface Setting {
  database: string | null;
  name: string;
  value: string;
}

/**
 * Gives a role the settings of another: the tenant's own, and those of its plan. One that the provisioner may not set,
 * as what takes a superuser, is left out and named.
 */
export async function copySettings(session: Session, from: string, to: string): Promise<Notes> {
  const { rows } = await session.client.query<Setting>(SETTINGS, [from]);
  const notes: string[] = [];
  for (const setting of rows)
    await session.change(statementOf(setting, to)).catch((error: unknown) => {
      if (!hasCode(error, ...NOT_GIVEN)) throw error;
      notes.push(`the setting ${setting.name} of ${from} could not be given to ${to}: ${messageOf(error)}`);
    });
  return notes;
}

/** The statements of one string are one transaction, to which what is set locally is confined. */
function statementOf({ database, name, value }: Setting, to: string): string {
  const role = `ALTER ROLE ${id(to)}${database === null ? '' : ` IN DATABASE ${id(database)}`}`;
  const named = name.split('.').map(id).join('.');
  return LISTS.includes(name.toLowerCase())
    ? `SELECT pg_catalog.set_config(${literal(name)}, ${literal(value)}, true); ${role} SET ${named} FROM CURRENT`
    : `${role} SET ${named} = ${literal(value)}`;
}
