import type { Db, Document, UUID } from 'mongodb';
import type { Target } from '../backend';
import { laterLogins, loginOf } from '../logins-in-turn';
import { runRead } from './commands';
import type { Credentials } from './password';

export interface Role {
  role: string;
  db: string;
}

export interface UserInfo extends Document {
  user: string;
  db: string;
  roles: Role[];
  mechanisms?: string[];
  userId?: UUID;
  customData?: { freeflowNonce?: string };
}

export interface PrivilegedResource {
  db?: string;
  collection?: string;
  anyResource?: boolean;
}

/** What the server shows only when it is queried for a single user. */
export interface UserDetails extends UserInfo {
  credentials?: Credentials;
  authenticationRestrictions?: Document[];
  inheritedPrivileges?: { resource: PrivilegedResource; actions: string[] }[];
}

/** What a tenant's user may do. */
export const rolesOn = (database: string): Role[] => [{ role: 'readWrite', db: database }];

/**
 * The users that log in after a rotation, in turn: three, so that the one before, the present and the next one are
 * never the same. The first user stays, without any right: it carries the proof of whose the database is.
 */
export const loginUsers = (database: string): string[] => laterLogins(`${database}_login_`);
/** The user that logs in by a version of the credential. */
export const loginUser = ({ name, credential = 1 }: Pick<Target, 'name' | 'credential'>): string =>
  loginOf(credential, name, loginUsers(name));

/** Whether a user of the tenant's database is one of those, and ours. */
export const isLoginOf = ({ user, customData }: UserInfo, { name, nonce }: Pick<Target, 'name' | 'nonce'>): boolean =>
  loginUsers(name).includes(user) && customData?.freeflowNonce === nonce;

export const isTenantsUser = (
  { user, customData }: UserInfo,
  { name, nonce }: { name: string; nonce: string },
): boolean => user === name && customData?.freeflowNonce === nonce;

/** All users of one database. */
export async function usersOf(db: Db, signal: AbortSignal): Promise<UserInfo[]> {
  return (await runRead(db, { usersInfo: 1 }, signal))['users'] as UserInfo[];
}

/**
 * One user with its password's verifiers, its restrictions and all that its roles permit; nothing where there is none.
 */
export async function userDetails(db: Db, user: string, signal: AbortSignal): Promise<UserDetails | undefined> {
  const { users } = await runRead(
    db,
    { usersInfo: user, showCredentials: true, showPrivileges: true, showAuthenticationRestrictions: true },
    signal,
  );
  return (users as UserDetails[])[0];
}

/** Whether its roles, however they are called, let it write to every collection of its database. */
export const canWrite = ({ db, inheritedPrivileges = [] }: UserDetails): boolean =>
  inheritedPrivileges.some(
    ({ resource, actions }) => resource.db === db && resource.collection === '' && actions.includes('insert'),
  );

/** Of some roles those that exist: giving one that doesn't is refused as a whole (31 RoleNotFound). */
export async function existingRoles(db: Db, roles: readonly Role[], signal: AbortSignal): Promise<Role[]> {
  if (roles.length === 0) return [];
  const { roles: found } = await runRead(
    db,
    { rolesInfo: roles.map(({ role, db: of }) => ({ role, db: of })) },
    signal,
  );
  return roles.filter((it) => (found as Role[]).some(({ role, db: of }) => role === it.role && of === it.db));
}

export const describeRoles = (roles: readonly Role[]): string =>
  roles
    .map(({ role, db }) => `${role} on ${db}`)
    .sort()
    .join(', ') || 'no role';
