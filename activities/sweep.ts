import { masterNow, type PrismaClient } from '@freeflow/db-master';
import { withDeadline } from '@freeflow/lib/deadline';
import { count, setGauge } from '@freeflow/lib/metrics';
import { traceIdOf } from '@freeflow/lib/tracing';
import { cancellationSignal, log } from '@temporalio/activity';
import { messageOf } from '../backends/failures';
import { runActivity } from './activity-shell';
import { claimDueOperations, type Due } from './due-operations';
import { acceptDuePurges } from './due-purges';
import { acceptDueRotations, type RotationSchedule } from './due-rotations';
import { mapInParallel } from './in-parallel';

export type { Due } from './due-operations';

/** Starts the workflow of an operation; `running` where this tenant has an open run already. */
export type StartOperation = (operation: Due) => Promise<'started' | 'running'>;

/** Of these operations, the ids of those that have an open run of their own, by one query. */
export type FindOpenRuns = (operations: readonly Due[]) => Promise<ReadonlySet<string>>;

const PORTION = 100;
const STARTS_AT_ONCE = 20;
/** One that doesn't come to an end holds nothing up: a later sweep sees what has become of it. */
const START_DEADLINE_MS = 5_000;
/** What is left after that is the next sweep's, seconds later; well within its activity's time-out. */
const TIME_MS = 30_000;

/**
 * Accepts the purges and rotations that are due, starts the accepted operations that have no open run: never started,
 * or their run was terminated or timed out, then does the housekeeping (pools, and records whose time is over), and
 * hands out what webhooks are to get. Portion by portion, oldest first; two sweeps at a time share the work, and what
 * fails holds nothing up.
 */
export function sweepActivities(
  db: PrismaClient,
  start: StartOperation,
  findOpenRuns: FindOpenRuns = async () => new Set(),
  doHousekeeping: () => Promise<void> = async () => undefined,
  sweepWebhooks: () => Promise<void> = async () => undefined,
  rotationSchedule?: RotationSchedule,
) {
  return {
    sweep: (): Promise<{ started: number }> =>
      runActivity(async () => {
        await acceptDuePurges(db).catch((error: unknown) =>
          log.warn('due purges could not be accepted; the next sweep tries again', { cause: messageOf(error) }),
        );
        await acceptDueRotations(db, rotationSchedule).catch((error: unknown) =>
          log.warn('due rotations could not be accepted; the next sweep tries again', { cause: messageOf(error) }),
        );
        const started = await startDueOperations(db, start, findOpenRuns);
        await doHousekeeping();
        count('freeflow_sweep_operations_started_total', {}, started);
        setGauge('freeflow_sweep_last_success_timestamp_seconds', {}, Date.now() / 1_000);
        // Last: what operations live by has succeeded, however webhooks do.
        await sweepWebhooks();
        return { started };
      }),
  };
}

async function startDueOperations(
  db: PrismaClient,
  start: StartOperation,
  findOpenRuns: FindOpenRuns,
): Promise<number> {
  const startedAt = await masterNow(db);
  const end = performance.now() + TIME_MS;
  const signal = cancellationSignal();
  let started = 0;
  while (performance.now() < end && !signal.aborted) {
    const portion = await claimDueOperations(db, startedAt, PORTION);
    if (portion.length === 0) break;
    const running = await findOpenRuns(portion).catch(assumeNone);
    const outcomes = await mapInParallel(
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
    return await withDeadline(START_DEADLINE_MS, start(operation));
  } catch (error) {
    log.warn('an operation could not be started; a later sweep tries again', {
      tenantId: operation.tenantId,
      operationId: operation.id,
      traceId: traceIdOf(operation.traceparent) ?? undefined,
      cause: messageOf(error),
    });
    return 'failed';
  }
}

/** The query only saves starts in vain: what has a run can't be started twice. */
function assumeNone(error: unknown): ReadonlySet<string> {
  log.warn('the open runs could not be listed; starting all operations that are due', { cause: messageOf(error) });
  return new Set();
}
