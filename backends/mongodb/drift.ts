import type { Db } from 'mongodb';
import type { Drift, OwnedResource, Target } from '../backend';
import { foreignClaims } from './claims';
import { runRead } from './commands';
import { isTenantsUser, describeRoles, rolesOn, usersOf, type UserInfo } from './users';

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
  const [has, shall] = [describeRoles(ours.roles), describeRoles(state === 'present' ? rolesOn(name) : [])];
  const isCut = ours.roles.length === 0;
  const logsIn = await takesPassword();
  return [
    ...(has === shall
      ? []
      : [
          {
            what: `user ${name} has ${has}, should have ${shall}`,
            repair: state === 'present' && !isCut ? ('grants' as const) : ('access' as const),
          },
        ]),
    ...(state === 'disabled' && logsIn ? [{ what: `user ${name} still logs in`, repair: 'access' as const }] : []),
    ...(state === 'present' && !logsIn
      ? [{ what: `the password of user ${name} isn't the stored one`, ...(isCut ? { repair: 'access' as const } : {}) }]
      : []),
    ...users.filter((it) => it.user !== name).map((it) => ({ what: `database ${name} has another user, ${it.user}` })),
    ...(await foreignClaims(admin, db, signal)).map((what) => ({ what })),
  ];
}

/** The tenants' users, of all databases, by their customData. */
export async function listOwnedUsers(admin: Db, signal: AbortSignal): Promise<OwnedResource[]> {
  const { users } = await runRead(
    admin,
    { usersInfo: { forAllDBs: true }, filter: { 'customData.freeflowNonce': { $type: 'string' } } },
    signal,
  );
  return (users as UserInfo[]).map(({ db, userId, customData }) => ({
    name: db,
    nonce: customData?.freeflowNonce ?? '',
    ...(userId === undefined ? {} : { externalId: userId.toString() }),
  }));
}
