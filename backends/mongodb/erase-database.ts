import { setTimeout as delay } from 'node:timers/promises';
import { MongoWriteConcernError, type Db } from 'mongodb';
import type { Target } from '../backend';
import { BackendFault, hasCode } from '../failures';
import { collectionNames, runWrite } from './commands';
import { endOperations, lockHolders } from './running-operations';

/** After this time of dropping what comes back the step fails, names who writes, and is repeated. */
const ERASE_WITHIN_MS = 10_000;
const LOOK_AGAIN_MS = 100;
const EMPTY_LOOKS = 2;
/** MaxTimeMSExpired, LockTimeout, and two that mean that another change of the database is in progress. */
const WAITED_IN_VAIN = [50, 24, 215, 12586];

/**
 * Drops a database until two looks agree that there is neither a collection nor an operation of anybody on it: an
 * insert that was authorised before goes on, and makes the database anew.
 * @throws BackendFault `still-there`, naming who writes on, or `blocked`, naming who holds a lock
 */
export async function eraseDatabase(admin: Db, db: Db, target: Target): Promise<void> {
  const { name, signal } = target;
  const writers = new Set<string>();
  const deadline = performance.now() + ERASE_WITHIN_MS;
  for (let emptyLooks = 0; ;) {
    const { ended, left } = await endOperations(admin, { database: name, byAnybody: true }, signal);
    const isEmpty = (await collectionNames(db, signal)).length === 0;
    emptyLooks = isEmpty && ended.length === 0 ? emptyLooks + 1 : 0;
    for (const it of ended) writers.add(it);
    if (left.length > 0)
      throw new BackendFault(
        'blocked',
        `MongoDB: on database ${name} these operations go on although they were ended: ${left.join('; ')}`,
      );
    if (emptyLooks === 0 && performance.now() > deadline) throw writtenToFault(name, writers);
    if (emptyLooks === EMPTY_LOOKS) return;
    if (isEmpty) await delay(LOOK_AGAIN_MS, undefined, { signal });
    else await dropOnce(admin, db, target);
  }
}

async function dropOnce(admin: Db, db: Db, target: Target): Promise<void> {
  const { name, signal } = target;
  await target.announceCall();
  try {
    await runWrite(db, { dropDatabase: 1 }, signal);
  } catch (error) {
    if (!hasCode(error, ...WAITED_IN_VAIN) || error instanceof MongoWriteConcernError) throw error;
    const holders = await lockHolders(admin, signal);
    throw new BackendFault(
      'blocked',
      `MongoDB: dropping database ${name} got no lock in time; these hold it: ${holders.join('; ') || 'none any more'}`,
      { cause: error },
    );
  }
}

const writtenToFault = (name: string, writers: ReadonlySet<string>): BackendFault =>
  new BackendFault(
    'still-there',
    `MongoDB: database ${name} is written to while it is dropped; stop the writer first: ${[...writers].join('; ') || 'the writer was gone before it could be identified'}`,
  );
