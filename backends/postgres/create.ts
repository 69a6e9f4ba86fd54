import { scramVerifier } from '@freeflow/lib/pg';
import type { Target } from '../backend';
import { setAllowed } from './closed-database';
import { setLimits, type Limits } from './limits';
import type { PostgresServer, Session } from './server';
import { loginRole, rolesOf, sql, type Found } from './sql';

/** Creates what `found` lacks, and sets rights and limits again. */
export async function createTenant(
  server: PostgresServer,
  target: Target,
  found: Found,
  password: string,
  limits: Limits,
): Promise<void> {
  const { name, nonce, signal } = target;
  const own = rolesOf(name);
  await server.inDatabase(server.home, signal, async (session) => {
    if (!found.ownerExists)
      await session.change(sql.createRoles(name, nonce, await scramVerifier(password), limits.connections), own);
    await target.announceCall();
    if (found.databaseOid === null) await session.change(sql.createDatabase(name, await localeOf(session)), own);
    await target.announceCall();
    await session.change(sql.revokePublicAccess(name), own);
    await setAllowed(session, name, true, own);
  });
  await target.announceCall();
  await server.inDatabase(name, signal, async (session) => {
    await session.change(sql.openToApp(name), own);
    // The tenant may have chosen another one since.
    if (!(await hasSettings(session, name, loginRole(target))))
      await session.change(sql.searchOwnSchema(name, loginRole(target)), own);
  });
  await target.announceCall();
  await setLimits(server, target, limits);
}

/**
 * The locale of template0 where it fits UTF-8, as it does unless the server was made with another encoding; else C,
 * which compares bytes and fits every encoding.
 */
async function localeOf({ client }: Session): Promise<string> {
  const {
    rows: [template],
  } = await client.query<{ fits: boolean }>(
    `SELECT pg_encoding_to_char(encoding) = 'UTF8' OR datcollate IN ('C', 'POSIX') AND datctype IN ('C', 'POSIX') AS fits FROM pg_database WHERE datname = 'template0'`,
  );
  return template?.fits === false ? `LOCALE_PROVIDER libc LOCALE 'C'` : '';
}

async function hasSettings({ client }: Session, name: string, login: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `SELECT FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole JOIN pg_database d ON d.oid = s.setdatabase, unnest(s.setconfig) c
      WHERE r.rolname = $1 AND d.datname = $2 AND starts_with(c, 'search_path=')`,
    [login, name],
  );
  return rowCount !== 0;
}
