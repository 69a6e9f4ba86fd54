import { scramVerifier } from '@freeflow/lib/pg';
import { escapeIdentifier as id, escapeLiteral as literal } from 'pg';
import type { AccessState, Credential, Notes, Target } from '../backend';
import { describeBlocker } from './blockers';
import { setAllowed } from './closed-database';
import { endSessions } from './end-sessions';
import { isPooled } from './pooler';
import type { PostgresServer, Session } from './server';
import { appRole, formatNonce, loginRole, loginRoles, rolesOf } from './sql';
import type { TenantLogin } from './tenant-login';

/**
 * Cuts a tenant off: no new sessions in its database, those that are there ended, its role kept from logging in, and
 * again what had come in before that. In this order, since a session of the tenant can lock the row of its role for as
 * long as it is there, and has no way to lock that of the database.
 */
export async function cutAccess(
  server: PostgresServer,
  target: Target,
  isThere = { app: true, database: true },
): Promise<Notes> {
  const { name, signal } = target;
  const own = rolesOf(name);
  return server.inDatabase(server.home, signal, async (session) => {
    // Where another session holds the database's row, or some do not end, the role is shut all the same.
    const notShut = isThere.database ? await failureOf(setAllowed(session, name, false, own)) : undefined;
    const notEnded = await failureOf(endSessions(session, name, signal));
    await target.announceCall();
    for (const role of [...(isThere.app ? [appRole(name)] : []), ...(await ownLogins(session, target))])
      await session.change(`ALTER ROLE ${id(role)} NOLOGIN`, own);
    await endSessions(session, name, signal);
    const problem = notShut ?? notEnded;
    if (problem !== undefined) throw problem.error;
    return othersIn(session, name);
  });
}

/** The roles of later credentials that carry the nonce, whether or not the ledger knows of them. */
async function ownLogins({ client }: Session, { name, nonce }: Target): Promise<string[]> {
  const { rows } = await client.query<{ role: string }>(
    `SELECT rolname AS role FROM pg_roles WHERE rolname = ANY ($1) AND shobj_description(oid, 'pg_authid') = $2`,
    [loginRoles(name), formatNonce(nonce)],
  );
  return rows.map(({ role }) => role);
}

const failureOf = (work: Promise<void>): Promise<{ error: unknown } | undefined> =>
  work.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );

/** What a cut takes away, as it is now: an administrator may have shut one of the two already. */
export interface PostgresAccess extends AccessState {
  canLogIn: boolean;
  takesConnections: boolean;
}

export async function readAccess({ pool }: PostgresServer, target: Target): Promise<PostgresAccess> {
  const {
    rows: [now],
  } = await pool.query<PostgresAccess>(
    'SELECT r.rolcanlogin AS "canLogIn", d.datallowconn AS "takesConnections" FROM pg_roles r, pg_database d WHERE r.rolname = $1 AND d.datname = $2',
    [loginRole(target), target.name],
  );
  return now === undefined
    ? { canLogIn: true, takesConnections: true }
    : { canLogIn: now.canLogIn, takesConnections: now.takesConnections };
}

/** Whether an administrator had shut the tenant out before it was cut off; then it stays so. */
export const wasShut = (before: AccessState | undefined): boolean =>
  before?.['canLogIn'] === false || before?.['takesConnections'] === false;

/**
 * Gives the access back: the role logs in by the stored password again, even if it had been changed, and so do those of
 * credentials that are valid besides.
 */
export async function giveAccess(
  server: PostgresServer,
  target: Target,
  login: TenantLogin,
  password: string,
  before: AccessState | undefined,
  others: readonly Credential[],
): Promise<Notes> {
  const { name, signal } = target;
  const own = rolesOf(name);
  const role = loginRole(target);
  const [canLogIn, takesConnections] = [before?.['canLogIn'] !== false, before?.['takesConnections'] !== false];
  // A pooler lets a role that may not log in wait instead of refusing it: then the password is set without having been
  // tried.
  const isTriable = !(await isPooled(server.pool));
  const isChanged = isTriable && !(await login.takesPassword());
  await server.inDatabase(server.home, signal, async (session) => {
    await session.change(
      `ALTER ROLE ${id(role)} ${canLogIn ? 'LOGIN' : 'NOLOGIN'}${isChanged || !isTriable ? ` PASSWORD ${literal(await scramVerifier(password))}` : ''}`,
      own,
    );
    for (const { version, secrets } of canLogIn ? others : []) {
      const verifier = await scramVerifier(secrets['password'] ?? '');
      await session.change(
        `ALTER ROLE ${id(loginRole({ name, credential: version }))} LOGIN PASSWORD ${literal(verifier)}`,
        own,
      );
    }
    await target.announceCall();
    await setAllowed(session, name, takesConnections, own);
  });
  return [
    ...(canLogIn ? [] : [`${role} could not log in before (NOLOGIN), which an administrator has set, and stays so`]),
    ...(takesConnections
      ? []
      : [`database ${name} took no connections before, which an administrator has set, and stays so`]),
    ...(isChanged
      ? [`the password of ${role} had been changed, by the tenant or by hand: the stored one is valid again`]
      : []),
    ...((await login.hasExpired())
      ? [`the password of ${role} had expired (VALID UNTIL) before, which an administrator has set, and stays so`]
      : []),
  ];
}

/** Who is in its database and isn't the tenant, as an administrator; those are left alone. */
export async function othersIn({ client }: Session, name: string): Promise<Notes> {
  const { rows } = await client.query<Parameters<typeof describeBlocker>[0]>(
    `SELECT pid, usename AS role, datname AS database, application_name AS application, client_addr::text AS client, query_start::text AS since
       FROM pg_stat_activity WHERE datname = $1 AND usename <> current_user AND usename <> ALL ($2)`,
    [name, rolesOf(name)],
  );
  return rows.map((it) => `a session that isn't the tenant's stays open: ${describeBlocker(it)}`);
}
