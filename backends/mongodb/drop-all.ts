import type { Db } from 'mongodb';
import type { Notes, Target } from '../backend';
import { cutAccess } from './access';
import { foreignUsers, ownRoles } from './claims';
import { runWrite } from './commands';
import { dropUser } from './drop-user';
import { eraseDatabase } from './erase-database';
import { isLoginOf, usersOf } from './users';

/**
 * Access first, then everything in the tenant's database, no matter who created it: data, views, other users, roles.
 * The tenant's user carries the nonce, so it goes last; dropDatabase leaves users and roles alone.
 */
export async function dropAll(admin: Db, db: Db, target: Target): Promise<Notes> {
  const { name, signal } = target;
  await cutAccess(admin, db, target);
  await eraseDatabase(admin, db, target);
  const users = (await usersOf(db, signal)).filter(({ user }) => user !== name);
  const others = users.filter((it) => !isLoginOf(it, target)).map(({ user }) => user);
  for (const { user } of users) {
    await target.announceCall();
    await dropUser(db, user, signal);
  }
  const roles = await ownRoles(db, signal);
  await target.announceCall();
  if (roles.length > 0) await runWrite(db, { dropAllRolesFromDatabase: 1 }, signal);
  await target.announceCall();
  await dropUser(db, name, signal);
  return [
    ...others.map((it) => `user ${it} of the same database is dropped as well`),
    ...roles.map((it) => `role ${it} of the same database is dropped as well`),
    ...(await foreignUsers(admin, name, signal)).map(
      (it) => `${it}: revoke it, or no tenant of this name can be created`,
    ),
  ];
}
