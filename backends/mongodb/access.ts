import type { Db, Document } from 'mongodb';
import type { AccessState, Credential, Notes, Secrets, Target } from '../backend';
import { BackendFault, hasCode } from '../failures';
import { newPassword } from '../passwords';
import { sideBySide } from '../side-by-side';
import { foreignUsers } from './claims';
import { runWrite } from './commands';
import { isPasswordOf } from './password';
import { endOperations, endSessions } from './running-operations';
import {
  canWrite,
  existingRoles,
  describeRoles,
  isLoginOf,
  loginUser,
  loginUsers,
  rolesOn,
  userDetails,
  usersOf,
  type Role,
  type UserInfo,
} from './users';

const USER_MISSING = 11;

/** SCRAM-SHA-256 alone: the older hash is weaker, and hashing for both takes longer. */
export const MECHANISMS = ['SCRAM-SHA-256'];

/** What a cut takes away, as the ledger keeps it. */
interface Before {
  users: { user: string; roles: Role[] }[];
  mechanisms: string[];
  isPasswordChanged: boolean;
}

/**
 * The roles of every user of the tenant's database, by which mechanisms the tenant logs in, and whether still by the
 * stored password.
 */
export async function accessOf(db: Db, target: Target, secrets: Promise<Secrets>): Promise<AccessState> {
  const { signal } = target;
  const [users, ours] = await Promise.all([usersOf(db, signal), userDetails(db, loginUser(target), signal)]);
  const { password } = await secrets;
  // Of one that can't be read nobody knows.
  const isStored = password === undefined ? undefined : ours && (await isPasswordOf(ours, password));
  return {
    users: users.map(({ user, roles }) => ({ user, roles: roles.map(({ role, db: of }) => ({ role, db: of })) })),
    mechanisms: ours?.mechanisms ?? MECHANISMS,
    isPasswordChanged: isStored === false,
  };
}

/**
 * A throwaway password ends logins; without roles even an open session is refused at its next command; then sessions,
 * cursors and what was authorised before are ended. All users of the tenant's database count as the tenant's, no matter
 * who created them.
 */
export async function cutAccess(admin: Db, db: Db, target: Target): Promise<Notes> {
  const { name, signal } = target;
  await runWrite(db, { updateUser: name, roles: [], pwd: newPassword(), mechanisms: MECHANISMS }, signal);
  const users = await usersOf(db, signal);
  for (const { user } of users.filter((it) => isLoginOf(it, target))) {
    await target.announceCall();
    await updateUser(db, user, { roles: [], pwd: newPassword(), mechanisms: MECHANISMS }, signal);
  }
  const others = users.filter((it) => it.user !== name && it.roles.length > 0 && !isLoginOf(it, target));
  for (const { user } of others) {
    await target.announceCall();
    await updateUser(db, user, { roles: [] }, signal);
  }
  await target.announceCall();
  const [, foreign] = await sideBySide(endAll(admin, users, target), foreignUsers(admin, name, signal));
  return [
    ...others.map(({ user }) => `user ${user} of the same database is cut off as well`),
    ...foreign.map((it) => `${it}, and keeps it`),
  ];
}

/** Ends the sessions of the tenant's users, and what goes on although it was authorised before. */
async function endAll(admin: Db, users: readonly UserInfo[], { name, signal }: Target): Promise<void> {
  await endSessions(admin, users, signal);
  const { left } = await endOperations(admin, { database: name, byAnybody: false }, signal);
  if (left.length > 0)
    throw new BackendFault(
      'still-open',
      `MongoDB: these operations of database ${name} go on although they were ended: ${left.join('; ')}`,
    );
}

/** The stored password works again; roles and mechanisms are what they were. */
export async function giveBackAccess(
  db: Db,
  target: Target,
  secrets: Secrets,
  state: AccessState | undefined,
  valid: readonly Credential[],
): Promise<Notes> {
  const { name, signal } = target;
  const login = loginUser(target);
  const before = state as unknown as Before | undefined;
  const notes: string[] =
    before?.isPasswordChanged === true
      ? [`the password of user ${login} had been changed; the stored one works again`]
      : [];
  const rolesOf = async (roles: Role[]) => {
    const existing = await existingRoles(db, roles, signal);
    const gone = roles.filter((it) => !existing.includes(it));
    if (gone.length > 0) notes.push(`there is no longer: ${describeRoles(gone)}`);
    return existing;
  };
  const rolesBefore = (of: string) => before?.users.find(({ user }) => user === of)?.roles ?? rolesOn(name);
  // What was cut of other credentials stays cut, unless they are valid besides: the first user, when it isn't one, has
  // no role to get back.
  const ours = [name, ...loginUsers(name)];
  const others = before?.users.filter(({ user }) => !ours.includes(user)) ?? [];
  const roles = await rolesOf(rolesBefore(login));
  await runWrite(
    db,
    { updateUser: login, roles, pwd: secrets['password'] ?? '', mechanisms: before?.mechanisms ?? MECHANISMS },
    signal,
  );
  for (const { version, secrets: its } of valid) {
    const user = loginUser({ name, credential: version });
    await target.announceCall();
    const fields = { roles: await rolesOf(rolesBefore(user)), pwd: its['password'] ?? '', mechanisms: MECHANISMS };
    if (!(await updateUser(db, user, fields, signal))) notes.push(`user ${user} isn't there any more`);
  }
  for (const other of others) {
    await target.announceCall();
    const isThere = await updateUser(db, other.user, { roles: await rolesOf(other.roles) }, signal);
    if (!isThere) notes.push(`user ${other.user} isn't there any more`);
  }
  return [...notes, ...(await ensureWriting(db, name, login, signal))];
}

/** A tenant from which its own right had been taken before is of no use to itself. */
async function ensureWriting(db: Db, name: string, login: string, signal: AbortSignal): Promise<Notes> {
  const user = await userDetails(db, login, signal);
  if (user === undefined || canWrite(user)) return [];
  await runWrite(db, { grantRolesToUser: login, roles: rolesOn(name) }, signal);
  return [`user ${login} had ${describeRoles(user.roles)}; it has ${describeRoles(rolesOn(name))} again`];
}

/** @returns false where there is no such user any more */
export async function updateUser(db: Db, user: string, fields: Document, signal: AbortSignal): Promise<boolean> {
  try {
    await runWrite(db, { updateUser: user, ...fields }, signal);
    return true;
  } catch (error) {
    if (hasCode(error, USER_MISSING)) return false;
    throw error;
  }
}
