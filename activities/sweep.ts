import { setTimeout as delay } from 'node:timers/promises';
import { masterNow, type PrismaClient } from '@freeflow/db-master';
import { cancellationSignal, heartbeat, log } from '@temporalio/activity';
import { messageOf } from '../backends/failures';
import { claimDueOperations, type Due } from './due-operations';
import { acceptDuePurges } from './due-purges';
import { inParallel } from './in-parallel';

export { RETENTION } from './due-purges';
export type { Due } from './due-operations';

/** Starts the workflow of an operation; `running` where this tenant has an open run already. */
export type StartOperation = (operation: Due) => Promise<'started' | 'running'>;

/** Of these operations, the ids of those that have an open run of their own, as far as can be seen in one look. */
export type FindOpenRuns = (operations: readonly Due[]) => Promise<ReadonlySet<string>>;

const HEARTBEAT_MS = 1_000;
const PORTION = 100;
const STARTS_AT_ONCE = 20;
/** One that doesn't come to an end keeps nobody waiting: a later sweep sees what has become of it. */
const START_DEADLINE_MS = 5_000;
/** What is left then is the next sweep's, seconds later; well within the time this one is given. */
const TIME_MS = 30_000;

/**
 * Accepts the purges that are due, then starts what was accepted and has no open run: never started, or its run was terminated or
 * timed out. Portion by portion, oldest first; two sweeps at a time share the work, and what fails is in nobody's way.
 */
export function sweepActivities(
  db: PrismaClient,
  start: StartOperation,
  findOpenRuns: FindOpenRuns = async () => new Set(),
) {
  return {
    async sweep(): Promise<{ started: number }> {
      const beating = setInterval(heartbeat, HEARTBEAT_MS);
      try {
        await acceptDuePurges(db).catch((error: unknown) =>
          log.warn('due purges could not be accepted; the next sweep tries again', { cause: messageOf(error) }),
        );
        return { started: await startDue(db, start, findOpenRuns) };
      } finally {
        clearInterval(beating);
      }
    },
  };
}

async function startDue(db: PrismaClient, start: StartOperation, findOpenRuns: FindOpenRuns): Promise<number> {
  const startedAt = await masterNow(db);
  const end = performance.now() + TIME_MS;
  const signal = cancellationSignal();
  let started = 0;
  while (performance.now() < end && !signal.aborted) {
    const portion = await claimDueOperations(db, startedAt, PORTION);
    if (portion.length === 0) break;
    const running = await findOpenRuns(portion).catch(unseen);
    const outcomes = await inParallel(
      portion.filter(({ id }) => !running.has(id)),
      STARTS_AT_ONCE,
      (operation) => startOne(operation, start),
    );
    started += outcomes.filter((it) => it === 'started').length;
  }
  return started;
}

async function startOne(operation: Due, start: StartOperation): Promise<'started' | 'running' | 'failed'> {
  try {
    return await within(START_DEADLINE_MS, start(operation));
  } catch (error) {
    log.warn('an operation could not be started; a later sweep tries again', {
      tenantId: operation.tenantId,
      operationId: operation.id,
      cause: messageOf(error),
    });
    return 'failed';
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const waiting = new AbortController();
  work.catch(() => undefined);
  const late = delay(ms, undefined, { signal: waiting.signal }).then(() =>
    Promise.reject(new Error(`no answer within ${ms} ms`)),
  );
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    waiting.abort();
  }
}

/** The look only saves trouble: whatever has a run can't be started twice. */
function unseen(error: unknown): ReadonlySet<string> {
  log.warn('could not see which operations have a run; all that are due are started', { cause: messageOf(error) });
  return new Set();
}
