import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Binary, Db, Document } from 'mongodb';
import { runRead } from './commands';
import type { UserInfo } from './users';

const LOOK_AGAIN_MS = 100;
/** An operation notices that it has been ended at its next yield, within milliseconds; one that does not is named. */
const END_WITHIN_MS = 10_000;

interface Operation extends Document {
  opid: number | string;
  op?: string;
  ns?: string;
  client?: string;
  appName?: string;
  effectiveUsers?: { user: string; db: string }[];
  lsid?: { uid?: Binary };
}

/** Operations of users of this database; with `byAnybody` also those on it by users of other databases. */
export interface Scope {
  database: string;
  byAnybody: boolean;
  /** That one alone. */
  user?: string;
}

/**
 * Ends what is in progress: a command is authorised once, when it begins, so a bulk insert goes on long after its user
 * has lost every role.
 * @returns who was at work, and who still is
 */
export async function endOperations(
  admin: Db,
  scope: Scope,
  signal: AbortSignal,
): Promise<{ ended: string[]; left: string[] }> {
  const ended = new Set<string>();
  for (const deadline = performance.now() + END_WITHIN_MS; ;) {
    const running = await operationsOf(admin, scope, signal);
    const words = running.map(describeOperation);
    if (running.length === 0 || performance.now() > deadline) return { ended: [...ended], left: words };
    for (const word of words) ended.add(word);
    await Promise.all(running.map(({ opid }) => admin.command({ killOp: 1, op: opid }, { signal })));
    await delay(LOOK_AGAIN_MS, undefined, { signal });
  }
}

/** Ends the sessions of these users with their transactions and cursors. */
export async function endSessions(
  admin: Db,
  users: readonly Pick<UserInfo, 'user' | 'db'>[],
  signal: AbortSignal,
): Promise<void> {
  if (users.length > 0) await runRead(admin, { killAllSessions: users.map(({ user, db }) => ({ user, db })) }, signal);
}

async function operationsOf(
  admin: Db,
  { database, byAnybody, user }: Scope,
  signal: AbortSignal,
): Promise<Operation[]> {
  const isOfUser: Document =
    user === undefined ? { 'effectiveUsers.db': database } : { effectiveUsers: { $elemMatch: { db: database, user } } };
  const isOnData: Document = { $expr: { $eq: [{ $indexOfBytes: ['$ns', `${database}.`] }, 0] } };
  // One that waits for news (a change stream) only notices its end at the next write to the server, and reads nothing
  // until then.
  const hasStoppedReading: Document = { killPending: true, 'cursor.tailable': true };
  return currentOperations(
    admin,
    { active: true, $nor: [hasStoppedReading], $or: byAnybody ? [isOfUser, isOnData] : [isOfUser] },
    signal,
  );
}

/** Who may keep a lock that a command of ours has waited for in vain: what is at work, and transactions left open. */
export async function lockHolders(admin: Db, signal: AbortSignal): Promise<string[]> {
  const atWork: Document = { active: true, 'effectiveUsers.0': { $exists: true }, waitingForLock: { $ne: true } };
  const holders = await currentOperations(
    admin,
    { 'locks.Global': { $exists: true }, $or: [atWork, { transaction: { $exists: true } }] },
    signal,
  );
  const { users } = await runRead(admin, { usersInfo: { forAllDBs: true } }, signal);
  const owners = new Map((users as UserInfo[]).map((it) => [sessionOwner(it), it]));
  const ownerOf = ({ lsid }: Operation) => owners.get(lsid?.uid?.toString('base64') ?? '');
  return [...new Set(holders.map((it) => describeOperation({ effectiveUsers: [ownerOf(it) ?? []].flat(), ...it })))];
}

/** A session names its user by this hash alone. */
const sessionOwner = ({ user, db }: UserInfo): string => createHash('sha256').update(`${user}@${db}`).digest('base64');

async function currentOperations(admin: Db, match: Document, signal: AbortSignal): Promise<Operation[]> {
  const pipeline = [{ $currentOp: { allUsers: true, idleSessions: true } }, { $match: match }];
  // The first batch will do: callers repeat this until there are none.
  const { cursor } = await runRead(admin, { aggregate: 1, pipeline, cursor: { batchSize: 1_000 } }, signal);
  return (cursor as { firstBatch: Operation[] }).firstBatch;
}

/** Never the command itself, which may quote a tenant's data. */
function describeOperation({ op = 'transaction', ns, client, appName, effectiveUsers = [] }: Operation): string {
  const who = effectiveUsers.map(({ user, db }) => `${user} of ${db}`).join(', ') || 'no user';
  return `${op === 'none' ? 'command' : op}${ns === undefined || ns === '' ? '' : ` on ${ns}`} by ${who}${client === undefined ? '' : ` from ${client.replace(/:\d+$/, '')}`}${appName === undefined ? '' : ` (${appName})`}`;
}
