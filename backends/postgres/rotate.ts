import { scramVerifier } from '@freeflow/lib/pg';
import { escapeIdentifier as id, escapeLiteral as literal } from 'pg';
import type { Credential, Notes, Target } from '../backend';
import { BackendFault } from '../failures';
import { copySettings } from './copy-settings';
import { dropRoles } from './drop';
import { endSessionsOf } from './end-sessions';
import { forgetGrants, refusePossessions, type Leaving } from './grants';
import type { PostgresServer, Session } from './server';
import { appRole, formatNonce, loginRole } from './sql';

/**
 * Makes another login of the tenant: a role that acts as the app role from its first moment on, so what it makes is
 * owned by that, whichever of them has made it. It gets the settings and the limit of the present one.
 */
export async function issueLogin(
  server: PostgresServer,
  target: Target,
  next: Credential,
  current: Credential,
): Promise<Notes> {
  const { name, nonce, signal } = target;
  const role = loginRole({ name, credential: next.version });
  const before = loginRole({ name, credential: current.version });
  const verifier = literal(await scramVerifier(next.secrets['password'] ?? ''));
  return server.inDatabase(server.home, signal, async (session) => {
    const found = await findRole(session, role, target);
    if (found === 'foreign')
      throw new BackendFault('conflict', `PostgreSQL: role ${role} exists and isn't ours; drop or rename it`);
    // One transaction, so no role of ours ever exists without its nonce.
    const create = `CREATE ROLE ${id(role)} NOLOGIN; COMMENT ON ROLE ${id(role)} IS ${literal(formatNonce(nonce))};
      GRANT ${id(appRole(name))} TO ${id(role)} WITH INHERIT TRUE, SET TRUE`;
    if (found === 'absent') await session.change(create);
    await target.announceCall();
    await session.change(
      `ALTER ROLE ${id(role)} CONNECTION LIMIT ${(await limitOf(session, before)) ?? (await limitOf(session, appRole(name))) ?? -1}; ALTER ROLE ${id(role)} SET role = ${literal(appRole(name))}`,
    );
    const notes = await copySettings(session, before, role);
    await target.announceCall();
    await session.change(`ALTER ROLE ${id(role)} LOGIN PASSWORD ${verifier}`);
    return notes;
  });
}

/**
 * Ends a login of the tenant, and its sessions alone. The app role, which owns what the tenant has, only logs in no
 * more; any other goes, and what it has made past the app role becomes that one's.
 */
export async function endLogin(server: PostgresServer, target: Target, version: number): Promise<Notes> {
  const { name, signal } = target;
  const role = loginRole({ name, credential: version });
  const found = await server.inDatabase(server.home, signal, async (session) => {
    const state = await findRole(session, role, target);
    if (state !== 'ours') return state;
    await session.change(`ALTER ROLE ${id(role)} NOLOGIN PASSWORD NULL`, [role]);
    await endSessionsOf(session, role, signal);
    return state;
  });
  if (found === 'foreign') return [`role ${role} isn't ours, and was left alone`];
  if (found === 'absent' || role === appRole(name)) return [];
  await target.announceCall();
  await server.inDatabase(name, signal, (session) =>
    session.change(`REASSIGN OWNED BY ${id(role)} TO ${id(appRole(name))}`, [role]),
  );
  const leaving: Leaving = {
    roles: [role],
    ownDatabase: undefined,
    signal,
    announceCall: () => target.announceCall(),
  };
  await refusePossessions(server, leaving);
  await forgetGrants(server, leaving);
  await dropRoles(server, target, leaving);
  return [];
}

async function findRole({ client }: Session, role: string, { nonce }: Target): Promise<'absent' | 'ours' | 'foreign'> {
  const {
    rows: [found],
  } = await client.query<{ nonce: string | null }>(
    `SELECT shobj_description(oid, 'pg_authid') AS nonce FROM pg_roles WHERE rolname = $1`,
    [role],
  );
  if (found === undefined) return 'absent';
  return found.nonce === formatNonce(nonce) ? 'ours' : 'foreign';
}

/** What an administrator, or the tenant's plan, allows the present login. */
async function limitOf({ client }: Session, role: string): Promise<number | undefined> {
  const {
    rows: [found],
  } = await client.query<{ limit: number }>('SELECT rolconnlimit AS limit FROM pg_roles WHERE rolname = $1', [role]);
  return found?.limit;
}
