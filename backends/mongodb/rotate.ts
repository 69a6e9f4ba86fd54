import type { Db, Document } from 'mongodb';
import type { Credential, Notes, Target } from '../backend';
import { BackendFault, hasCode } from '../failures';
import { newPassword } from '../passwords';
import { MECHANISMS, updateUser } from './access';
import { runWrite } from './commands';
import { nonceDataOf } from './create';
import { dropUser } from './drop-user';
import { endOperations, endSessions } from './running-operations';
import { isLoginOf, loginUser, rolesOn, userDetails, usersOf } from './users';

const USER_EXISTS = 51003;

/** Makes another user of the tenant, with the roles, mechanisms and restrictions of the present one. */
export async function issueUser(db: Db, target: Target, next: Credential, current: Credential): Promise<Notes> {
  const { name, signal } = target;
  const user = loginUser({ name, credential: next.version });
  const before = await userDetails(db, loginUser({ name, credential: current.version }), signal);
  const fields: Document = {
    pwd: next.secrets['password'] ?? '',
    roles: before?.roles ?? rolesOn(name),
    mechanisms: before?.mechanisms ?? MECHANISMS,
    ...(before?.authenticationRestrictions?.length ? { authenticationRestrictions: restrictionsOf(before) } : {}),
  };
  const found = (await usersOf(db, signal)).find((it) => it.user === user);
  if (found !== undefined && !isLoginOf(found, target)) throw notOurs(name, user);
  signal.throwIfAborted();
  if (found !== undefined) {
    await runWrite(db, { updateUser: user, ...fields }, signal);
    return [];
  }
  await runWrite(db, { createUser: user, ...fields, customData: nonceDataOf(target) }, signal).catch(
    (error: unknown) => {
      throw hasCode(error, USER_EXISTS) ? notOurs(name, user) : error;
    },
  );
  return [];
}

/**
 * Ends a user of the tenant: by a throwaway password nobody logs in, without a role an open session is refused at its
 * next command, and what was authorised before is ended. The first user stays, for what it proves; any other goes.
 */
export async function endUser(admin: Db, db: Db, target: Target, version: number): Promise<Notes> {
  const { name, signal } = target;
  const user = loginUser({ name, credential: version });
  const found = (await usersOf(db, signal)).find((it) => it.user === user);
  if (found === undefined) return [];
  if (user !== name && !isLoginOf(found, target)) return [`user ${user} isn't ours, and was left alone`];
  await target.announceCall();
  await updateUser(db, user, { roles: [], pwd: newPassword(), mechanisms: MECHANISMS }, signal);
  await endSessions(admin, [found], signal);
  const { left } = await endOperations(admin, { database: name, byAnybody: false, user }, signal);
  if (left.length > 0)
    throw new BackendFault(
      'still-open',
      `MongoDB: operations of user ${user} go on although they were ended: ${left.join('; ')}`,
    );
  if (user === name) return [];
  await target.announceCall();
  await dropUser(db, user, signal);
  return [];
}

/** As the server takes them: it shows each in a list of its own. */
const restrictionsOf = ({ authenticationRestrictions = [] }: { authenticationRestrictions?: Document[] }): Document[] =>
  authenticationRestrictions.flat() as Document[];

const notOurs = (database: string, user: string): BackendFault =>
  new BackendFault('conflict', `MongoDB: database ${database} has a user ${user} which isn't ours; drop it`);
