import type { Db, Document, UUID } from 'mongodb';
import type { Difference, Marked, Target } from './backend';

interface Role {
  role: string;
  db: string;
}

export interface UserInfo extends Document {
  user: string;
  db: string;
  roles: Role[];
  userId?: UUID;
  customData?: { freeflowNonce?: string };
}

/** What a tenant's user may do. */
export const rolesOn = (database: string): Role[] => [{ role: 'readWrite', db: database }];

export async function usersOf(db: Db, signal: AbortSignal): Promise<UserInfo[]> {
  const answer = await db.command({ usersInfo: 1 }, { signal });
  return answer['users'] as UserInfo[];
}

/**
 * How user and database differ from what they should be. Access is cut by taking every role away and setting a throwaway
 * password: only where it looks like that is the stored password set again. One that somebody has changed is left to people.
 * @param takesPassword whether the tenant logs in by its stored password
 */
export async function mongoDifferences(db: Db, { name, nonce, signal }: Target, state: 'present' | 'disabled', takesPassword: () => Promise<boolean>): Promise<Difference[]> {
  const users = await usersOf(db, signal);
  const ours = users.find((it) => it.user === name && it.customData?.freeflowNonce === nonce);
  if (ours === undefined) return [{ what: `there is no user ${name}`, isMissing: true }];
  const collections = await db.listCollections({}, { nameOnly: true, signal }).toArray();
  const [has, shall] = [inWords(ours.roles), inWords(state === 'present' ? rolesOn(name) : [])];
  const isCut = ours.roles.length === 0;
  const logsIn = await takesPassword();
  return [
    ...(collections.length > 0 ? [] : [{ what: `there is no database ${name}`, isMissing: true as const }]),
    ...(has === shall ? [] : [{ what: `user ${name} has ${has}, should have ${shall}`, mend: state === 'present' && !isCut ? ('grants' as const) : ('access' as const) }]),
    ...(state === 'disabled' && logsIn ? [{ what: `user ${name} still logs in`, mend: 'access' as const }] : []),
    ...(state === 'present' && !logsIn ? [{ what: `the password of user ${name} isn't the stored one`, ...(isCut ? { mend: 'access' as const } : {}) }] : []),
    ...users.filter((it) => it.user !== name).map((it) => ({ what: `database ${name} has another user, ${it.user}` })),
  ];
}

const inWords = (roles: readonly Role[]): string => roles.map(({ role, db }) => `${role} on ${db}`).sort().join(', ') || 'no role';

/** The tenants' users, of all databases, by their customData. */
export async function mongoMarks(admin: Db, signal: AbortSignal): Promise<Marked[]> {
  const answer = await admin.command({ usersInfo: { forAllDBs: true }, filter: { 'customData.freeflowNonce': { $type: 'string' } } }, { signal });
  return (answer['users'] as UserInfo[]).map(({ db, userId, customData }) => ({ name: db, nonce: customData?.freeflowNonce ?? '', ...(userId === undefined ? {} : { externalId: userId.toString() }) }));
}
