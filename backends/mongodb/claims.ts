import type { Db, Document } from 'mongodb';
import { runRead } from './commands';
import { describeRoles, type Role, type UserInfo } from './users';

interface RoleInfo extends Role {
  inheritedRoles: Role[];
  privileges: { resource: { db?: string } }[];
  inheritedPrivileges: { resource: { db?: string } }[];
}

/**
 * What others have on a database by its name, in words: a role or user of another database that reaches it would reach
 * the next tenant of that name as well. Rights on every database (readWriteAnyDatabase, root) are an administrator's,
 * and left out.
 */
export async function foreignClaims(admin: Db, db: Db, signal: AbortSignal): Promise<string[]> {
  const name = db.databaseName;
  // One after the other: all steps of a worker share a few connections.
  const twins = await databasesLike(admin, name, signal);
  const own = await ownRoles(db, signal);
  const reaching = await reachingRoles(admin, name, signal);
  const users = await usersReaching(admin, name, reaching, signal);
  return [
    ...twins.map((it) => `there is a database ${it}, whose name differs by case alone: MongoDB refuses both at a time`),
    ...own.map((it) => `database ${name} has a role ${it}`),
    ...reaching.map(({ role, db: of }) => `role ${role} of database ${of} reaches ${name}`),
    ...users.map(({ user, db: of, roles }) => `user ${user} of database ${of} has ${describeRoles(roles)}`),
  ];
}

/** Users of other databases that reach this one by a role of it, or by one of `admin`. */
export async function foreignUsers(admin: Db, name: string, signal: AbortSignal): Promise<string[]> {
  const users = await usersReaching(admin, name, await reachingRoles(admin, name, signal), signal);
  return users.map(({ user, db, roles }) => `user ${user} of database ${db} has ${describeRoles(roles)}`);
}

/** The user-defined roles of a database. */
export async function ownRoles(db: Db, signal: AbortSignal): Promise<string[]> {
  const { roles } = await runRead(db, { rolesInfo: 1 }, signal);
  return (roles as Role[]).map(({ role }) => role);
}

/** Of user-defined roles only those of `admin` can reach another database than their own. */
async function reachingRoles(admin: Db, name: string, signal: AbortSignal): Promise<Role[]> {
  const { roles } = await runRead(admin, { rolesInfo: 1, showPrivileges: true }, signal);
  const hasReach = ({ inheritedRoles, privileges, inheritedPrivileges }: RoleInfo) =>
    inheritedRoles.some(({ db }) => db === name) ||
    [...privileges, ...inheritedPrivileges].some(({ resource }) => resource.db === name);
  return (roles as RoleInfo[]).filter(hasReach);
}

async function usersReaching(
  admin: Db,
  name: string,
  reaching: readonly Role[],
  signal: AbortSignal,
): Promise<UserInfo[]> {
  const byAdminsRole: Document = {
    roles: { $elemMatch: { db: 'admin', role: { $in: reaching.map(({ role }) => role) } } },
  };
  const { users } = await runRead(
    admin,
    { usersInfo: { forAllDBs: true }, filter: { db: { $ne: name }, $or: [{ 'roles.db': name }, byAdminsRole] } },
    signal,
  );
  const isReaching = (it: Role) => it.db === name || reaching.some(({ role, db }) => role === it.role && db === it.db);
  return (users as UserInfo[]).map((it) => ({ ...it, roles: it.roles.filter(isReaching) }));
}

async function databasesLike(admin: Db, name: string, signal: AbortSignal): Promise<string[]> {
  const filter = { $expr: { $and: [{ $eq: [{ $toLower: '$name' }, name.toLowerCase()] }, { $ne: ['$name', name] }] } };
  const { databases } = await runRead(admin, { listDatabases: 1, nameOnly: true, filter }, signal);
  return (databases as { name: string }[]).map((it) => it.name);
}
