import { escapeIdentifier as id } from 'pg';
import type { Notes, Target } from '../backend';
import { BackendFault, hasCode } from '../failures';
import { cutAccess, othersIn } from './access';
import { clearObstacles } from './drop-obstacles';
import { forgetGrants, refuseLeftovers, refusePossessions, type Leaving } from './grants';
import { isInvalid } from './invalid-database';
import type { PostgresServer, Session } from './server';
import { appRole, ownerRole } from './sql';

const IN_USE = '55006';
const DEPENDED_ON = '2BP01';
const TRIES = 3;

// Of every role whose rights we have: those of the tenant, and those that the provisioner has let in.
const END_IN = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid() AND CASE WHEN usesysid IS NULL THEN false ELSE pg_has_role(usesysid, 'USAGE') END`;

/**
 * Access first, then everything that could make it end half way, then the data, then the roles. What can't be removed
 * by a provisioner, as another party's transaction or a superuser's grant, is named while all data is still there.
 */
export async function dropTenant(
  server: PostgresServer,
  target: Target,
  isOurs: { app: boolean; database: boolean; logins: readonly string[] },
): Promise<Notes> {
  const { name, signal } = target;
  const roles = [...isOurs.logins, ...(isOurs.app ? [appRole(name)] : []), ownerRole(name)];
  const leaving: Leaving = {
    roles,
    ownDatabase: isOurs.database ? name : undefined,
    signal,
    announceCall: () => target.announceCall(),
  };
  await cutAccess(server, target, isOurs);
  await refusePossessions(server, leaving);
  const notes = isOurs.database ? await clearObstacles(server, name, signal) : [];
  await forgetGrants(server, leaving);
  await refuseLeftovers(server, leaving);
  if (isOurs.database) await server.inDatabase(server.home, signal, (session) => dropDatabase(session, target, roles));
  await dropRoles(server, target, leaving);
  return notes;
}

/**
 * Not by DROP's own FORCE: that fails (42501) on an autovacuum at work, which a tenant can make last for hours by the
 * settings of a table. Without it DROP ends autovacuum by itself, and waits until the sessions are gone.
 */
async function dropDatabase(session: Session, target: Target, roles: readonly string[]): Promise<void> {
  const { name } = target;
  await target.announceCall();
  // A template can't be dropped; only its owner can make it an ordinary database again.
  if (!(await isInvalid(session, name))) await session.change(`ALTER DATABASE ${id(name)} IS_TEMPLATE false`, roles);
  await session.client.query(END_IN, [name]);
  await target.announceCall();
  await session.change(`DROP DATABASE IF EXISTS ${id(name)}`, roles).catch(async (error: unknown) => {
    const others = hasCode(error, IN_USE) ? await othersIn(session, name) : [];
    throw others.length === 0
      ? error
      : new BackendFault(
          'blocked',
          `PostgreSQL: nothing of database ${name} was dropped: ${others.join('; ')}. End it: SELECT pg_terminate_backend(...)`,
          { cause: error },
        );
  });
}

/**
 * In this order: the owner role carries the nonce, so it goes last, and until then a repeated drop still knows what is
 * ours.
 */
export async function dropRoles(server: PostgresServer, { signal }: Target, leaving: Leaving): Promise<void> {
  const gone = { ...leaving, ownDatabase: undefined };
  for (let tries = 1; ; tries += 1) {
    try {
      return await server.inDatabase(server.home, signal, async ({ change }) => {
        for (const role of leaving.roles) {
          await leaving.announceCall();
          await change(`DROP ROLE IF EXISTS ${id(role)}`, leaving.roles);
        }
      });
    } catch (error) {
      // Granted while we were at it.
      if (!hasCode(error, DEPENDED_ON) || tries === TRIES) throw error;
      await refusePossessions(server, gone);
      await forgetGrants(server, gone);
      await refuseLeftovers(server, gone);
    }
  }
}
