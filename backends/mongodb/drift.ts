import type { Db } from 'mongodb';
import type { Drift, OwnedResource, Target } from '../backend';
import { foreignClaims } from './claims';
import { runRead } from './commands';
import { describeRoles, isTenantsUser, loginUser, rolesOn, usersOf, type UserInfo } from './users';

/**
 * How a tenant's user differs from what it should be, and who else reaches its database. Collections are the tenant's
 * own business: it may drop every one of them, and then the database isn't listed. Access is cut by taking every role
 * away and setting a throwaway password: only where it looks like that is the stored password set again. One that was
 * changed is left to people.
 * @param takesPassword whether the tenant logs in by its stored password
 */
export async function findMongoDrift(
  admin: Db,
  db: Db,
  target: Target,
  state: 'present' | 'disabled',
  takesPassword: () => Promise<boolean>,
): Promise<Drift[]> {
  const { name, signal } = target;
  const users = await usersOf(db, signal);
  const ours = users.find((it) => isTenantsUser(it, target));
  if (ours === undefined) return [{ what: `there is no user ${name}`, isMissing: true }];
  const login = users.find(({ user }) => user === loginUser(target));
  if (login === undefined) return [{ what: `there is no user ${loginUser(target)}`, isMissing: true }];
  const [has, shall] = [describeRoles(login.roles), describeRoles(state === 'present' ? rolesOn(name) : [])];
  const isCut = login.roles.length === 0;
  const logsIn = await takesPassword();
  return [
    ...(has === shall
      ? []
      : [
          {
            what: `user ${login.user} has ${has}, should have ${shall}`,
            repair: state === 'present' && !isCut ? ('grants' as const) : ('access' as const),
          },
        ]),
    ...(state === 'disabled' && logsIn
      ? [{ what: `user ${login.user} still logs in`, repair: 'access' as const }]
      : []),
    ...(state === 'present' && !logsIn
      ? [
          {
            what: `the password of user ${login.user} isn't the stored one`,
            ...(isCut ? { repair: 'access' as const } : {}),
          },
        ]
      : []),
    ...findSurplusUsers(users, target, state),
    ...(await foreignClaims(admin, db, signal)).map((what) => ({ what })),
  ];
}

/**
 * Users that belong to no credential of the ledger, and such as have more than they are to have: the first one once it
 * is replaced, all others of the tenant while it is cut off.
 */
function findSurplusUsers(users: readonly UserInfo[], target: Target, state: 'present' | 'disabled'): Drift[] {
  const { name, otherCredentials = [] } = target;
  const known = otherCredentials.map((credential) => loginUser({ name, credential }));
  return users
    .filter(({ user }) => user !== loginUser(target))
    .flatMap(({ user, roles }): Drift[] => {
      if (user !== name && !known.includes(user)) return [{ what: `database ${name} has another user, ${user}` }];
      const isValid = state === 'present' && known.includes(user);
      if (isValid || roles.length === 0) return [];
      return [
        {
          what: `user ${user} has ${describeRoles(roles)}, should have none`,
          ...(state === 'disabled' ? { repair: 'access' as const } : {}),
        },
      ];
    });
}

/** The tenants' users, of all databases, by their customData. */
export async function listOwnedUsers(admin: Db, signal: AbortSignal): Promise<OwnedResource[]> {
  const { users } = await runRead(
    admin,
    { usersInfo: { forAllDBs: true }, filter: { 'customData.freeflowNonce': { $type: 'string' } } },
    signal,
  );
  // Of several of one database the one that is named like it stands for them: the others are its later credentials.
  const found = new Map<string, UserInfo>();
  for (const it of users as UserInfo[]) {
    const key = `${it.db}/${it.customData?.freeflowNonce ?? ''}`;
    if (!found.has(key) || it.user === it.db) found.set(key, it);
  }
  return [...found.values()].map(({ db, userId, customData }) => ({
    name: db,
    nonce: customData?.freeflowNonce ?? '',
    ...(userId === undefined ? {} : { externalId: userId.toString() }),
  }));
}
