import { ErrorTolerantClient, type ErrorTolerantClientConfig } from '@freeflow/lib/pg';
import type { Pool } from 'pg';
import { isPooled } from './pooler';

/** A setting with the value that PostgreSQL itself has for it. */
export interface Setting {
  readonly name: string;
  readonly value: string;
}

// What was set for a role, by ALTER ROLE, and for a database, by ALTER DATABASE, applies to each session as it begins;
// what the session itself asks for takes precedence.
const SETTINGS = `
  SELECT DISTINCT s.name, coalesce(s.boot_val, '') AS value
    FROM pg_db_role_setting d CROSS JOIN unnest(d.setconfig) c JOIN pg_settings s ON lower(s.name) = lower(split_part(c, '=', 1))
   WHERE s.context = 'user' AND s.name NOT IN ('client_encoding', 'application_name')
     AND (d.setrole = 0 OR d.setrole = (SELECT oid FROM pg_roles WHERE rolname = $1)) AND d.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = $2))
     AND ($1 IS NOT NULL OR d.setdatabase <> 0 AND NOT EXISTS (
       SELECT FROM pg_db_role_setting own, unnest(own.setconfig) c
        WHERE own.setrole = current_user::regrole AND own.setdatabase IN (0, d.setdatabase) AND lower(split_part(c, '=', 1)) = lower(s.name)))`;

/**
 * What a session would begin with and is not to count: set for its role or its database by a tenant, or by what a
 * tenant has put in the way of its owner. Some of it would end a session before its first statement: a time-out of a
 * millisecond, a library that isn't there.
 * @param role undefined: the provisioner, which no tenant can act as; what is set for that itself counts
 */
export const settingsOf = async (pool: Pool, role: string | undefined, database: string): Promise<Setting[]> =>
  (await pool.query<Setting>(SETTINGS, [role ?? null, database])).rows;

/** Opens a session in which none of these settings counts, from its first moment on. */
export async function openNeutral(
  pool: Pool,
  login: ErrorTolerantClientConfig & { connectionString: string },
  settings: readonly Setting[],
): Promise<ErrorTolerantClient> {
  if (settings.length === 0) return openClient(new ErrorTolerantClient(login));
  if (!(await isPooled(pool)))
    return openClient(
      new ErrorTolerantClient({ ...login, connectionString: withOptions(login.connectionString, settings) }),
    );
  // A pooler lets no options through: then they are set as soon as one is in.
  const client = await openClient(new ErrorTolerantClient(login));
  try {
    await setAll(client, settings);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

export async function setAll(client: Pick<ErrorTolerantClient, 'query'>, settings: readonly Setting[]): Promise<void> {
  for (const { name, value } of settings)
    await client.query('SELECT pg_catalog.set_config($1, $2, false)', [name, value]);
}

/** Beside the options that the address has: pg lets those of an address go before all others. */
function withOptions(connectionString: string, settings: readonly Setting[]): string {
  const url = new URL(connectionString);
  const given = url.searchParams.get('options');
  const ours = settings.map(({ name, value }) => `-c ${name}=${value.replace(/[\\ ]/g, '\\$&')}`);
  url.searchParams.set('options', [...(given === null ? [] : [given]), ...ours].join(' '));
  return url.href;
}

async function openClient(client: ErrorTolerantClient): Promise<ErrorTolerantClient> {
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}
