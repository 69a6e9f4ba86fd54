import { masterNow, type PrismaClient } from '@freeflow/db-master';
import type { Backend, Target } from '../backends/backend';
import { BackendFault, isUnanswered } from '../backends/failures';
import { classify } from '../backends/registry';

/** A call with an effect, as it was announced; times by the clock of the master database. */
export interface AnnouncedCall {
  at: Date;
  /**
   * The call that was on record until then, as the row had it: a call without an answer, or one before this in the same
   * sequence.
   */
  earlier: Date | null;
}

/** Where the calls at one resource are announced: its entry of the ledger, or its row of the pool. */
export interface CallRecord {
  /** Records that a call with an effect goes out. */
  start: () => Promise<AnnouncedCall>;
  /** That call was answered; an earlier one that was not stays on record. */
  clear: (call: AnnouncedCall) => Promise<void>;
}

/**
 * Calls of a sequence that follow each other more quickly than this share one announcement, in ms; far below any settle
 * time.
 */
const ANNOUNCE_EVERY_MS = 1_000;

/**
 * Makes calls with an effect, each announced before. Any answer, also a refusal, means that the call takes no effect
 * later on; without an answer it may.
 * @param call makes the calls, and announces all but the first by the target it is given
 */
export async function callAnnounced<T>(
  backend: Backend,
  { start, clear }: CallRecord,
  target: Target,
  call: (target: Target) => Promise<T>,
): Promise<T> {
  // What is on record before the first of them is without an answer; the others follow an answered one.
  const { earlier, at: firstAt } = await start();
  let at = firstAt;
  let next = performance.now() + ANNOUNCE_EVERY_MS;
  const announceCall = async () => {
    target.signal.throwIfAborted();
    if (performance.now() < next) return;
    ({ at } = await start());
    next = performance.now() + ANNOUNCE_EVERY_MS;
  };
  try {
    const result = await classifyErrors(backend, () => call({ ...target, announceCall }));
    await clear({ at, earlier });
    return result;
  } catch (error) {
    if (error instanceof BackendFault && !isUnanswered(error)) await clear({ at, earlier });
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
