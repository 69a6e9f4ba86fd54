import { masterNow, type PrismaClient } from '@freeflow/db-master';
import type { Backend, Target } from '../backends/backend';
import { BackendFault, isUnanswered } from '../backends/failures';
import { classify } from '../backends/registry';

/** Where the calls at one resource are announced: its entry of the ledger, or its row of the pool. */
export interface CallRecord {
  /** Records that a call with an effect goes out. @returns when, by the clock of the master database */
  start: () => Promise<Date>;
  /** That call was answered; an earlier one that was not stays on record. */
  clear: (startedAt: Date) => Promise<void>;
}

/** Calls of a sequence that follow each other more quickly than this share one announcement, in ms; far below any settle time. */
const ANNOUNCE_EVERY_MS = 1_000;

/**
 * Makes calls with an effect, each announced before. Any answer, also a refusal, means that the call takes no effect later on; without
 * an answer it may.
 * @param call makes the calls, and announces all but the first by the target it is given
 */
export async function callAnnounced<T>(
  backend: Backend,
  { start, clear }: CallRecord,
  target: Target,
  call: (target: Target) => Promise<T>,
): Promise<T> {
  let announcedAt = await start();
  let next = performance.now() + ANNOUNCE_EVERY_MS;
  const announceCall = async () => {
    target.signal.throwIfAborted();
    if (performance.now() < next) return;
    announcedAt = await start();
    next = performance.now() + ANNOUNCE_EVERY_MS;
  };
  try {
    const result = await classifyErrors(backend, () => call({ ...target, announceCall }));
    await clear(announcedAt);
    return result;
  } catch (error) {
    if (error instanceof BackendFault && !isUnanswered(error)) await clear(announcedAt);
    throw error;
  }
}

/** For how long a call has been without an answer, in ms; nothing where there is none. */
export const unansweredForMs = async (
  db: PrismaClient,
  { callStartedAt }: { callStartedAt: Date | null },
): Promise<number | undefined> =>
  callStartedAt === null ? undefined : (await masterNow(db)).getTime() - callStartedAt.getTime();

/** Calls a backend. @throws BackendFault in place of the driver's error */
export async function classifyErrors<T>(backend: Backend, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw classify(backend.kind, error);
  }
}
