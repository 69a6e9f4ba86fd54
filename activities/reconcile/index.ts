import { FINDING_CLASSES } from '@freeflow/contract';
import { activityInfo, cancellationSignal, log } from '@temporalio/activity';
import { messageOf } from '../../backends/failures';
import { currentRunId, runActivity } from '../activity-shell';
import { expireOperations, OPERATION_PARTS, type OperationPart, type OperationRetention } from '../expire-operations';
import { compareEntries } from './entries';
import { findLeftovers } from './leftovers';
import { findOrphans } from './orphans';
import { comparePool } from './pool';
import { Progress } from './progress';
import type { ReconcileDependencies, ReconcileScope } from './scope';
import { findStaleOperations } from './stale';

/** The progress goes with each heartbeat: not every second. */
const HEARTBEAT_MS = 2_000;
/** At one an hour the last eight days. */
const KEPT_REPORTS = 200;
/** Well within the time that its activity is given, with a whole step of the slowest server behind it. */
const TIME_MS = 20 * 60_000;
/** While another reconciliation runs, this one waits so long, fails, and is retried until it is its turn. */
const TURN_WAIT_MS = 5_000;
const LONGEST_HOLD_MS = 30 * 60_000;
const LOCK = 'reconcile';

export interface ReconcileInput {
  requestedBy: string;
  fix: boolean;
}

/**
 * Compares the master database, the ledger and the servers, and keeps the findings as a report; repeated, its run has
 * one report. One at a time: a schedule's and a person's wait for each other. When its time is over it reports what it
 * has found, and what it has not checked.
 */
export function reconcileActivities(dependencies: ReconcileDependencies) {
  const { db, lock, reconcileMs = TIME_MS } = dependencies;
  return {
    async reconcile(input: ReconcileInput): Promise<string> {
      const { heartbeatDetails: kept } = activityInfo();
      const id = currentRunId();
      const cancelled = cancellationSignal();
      let progress: Progress | undefined;
      const body = async () => {
        if ((await db.reconcileReport.count({ where: { id } })) > 0) return 'reported already';
        return lock.hold(
          LOCK,
          TURN_WAIT_MS,
          cancelled,
          async ({ signal }) => {
            progress = await Progress.resume(db, id, reconcileMs, kept);
            const scope = { ...dependencies, fix: input.fix, progress, signal: AbortSignal.any([signal, cancelled]) };
            await findEverything(scope);
            return report(scope, input);
          },
          LONGEST_HOLD_MS,
        );
      };
      // While it waits for its turn it still holds what an earlier attempt has kept.
      const heartbeats = { everyMs: HEARTBEAT_MS, details: () => progress?.snapshot ?? kept };
      return runActivity(body, { heartbeats });
    },
  };
}

/** All at the same time: the servers do not wait for each other. */
async function findEverything(scope: ReconcileScope): Promise<void> {
  const outcomes = await Promise.allSettled([
    findOrphans(scope),
    findStaleOperations(scope),
    findLeftovers(scope),
    ...scope.backends.map((it) => compareEntries(scope, it)),
    ...scope.backends.map((it) => comparePool(scope, it)),
  ]);
  // All have ended: none adds to the report any more.
  const failed = outcomes.find((it) => it.status === 'rejected');
  if (failed !== undefined) throw failed.reason as Error;
}

async function report(scope: ReconcileScope, { requestedBy, fix }: ReconcileInput): Promise<string> {
  await expireOldOperations(scope);
  const { checked, notChecked, counts } = await scope.progress.finish({ requestedBy, fix });
  await deleteOldReports(scope);
  log.info('reconciled', { resources: checked, notChecked, ...counts });
  const findings = FINDING_CLASSES.reduce((sum, it) => sum + counts[it], 0);
  const rest = notChecked === 0 ? '' : `; ${notChecked} not checked`;
  return `${checked} resources checked, ${findings} findings, ${counts.fixed} of them fixed${rest}`;
}

/** Before the report is written, which keeps how far each part has come; what fails is tried again an hour later. */
async function expireOldOperations(scope: ReconcileScope): Promise<void> {
  const { operationRetention } = scope;
  if (operationRetention === undefined) return;
  for (const part of OPERATION_PARTS) await expirePart(scope, part, operationRetention);
}

async function expirePart(
  { db, progress, signal }: ReconcileScope,
  part: OperationPart,
  retention: OperationRetention,
): Promise<void> {
  const deleted = { operations: 0, logs: 0 };
  try {
    await expireOperations(db, part, retention, progress.goesOnAt(part), {
      signal,
      onBatch: (goesOnAt, batch) => {
        progress.continueAt(part, goesOnAt);
        deleted.operations += batch?.operations ?? 0;
        deleted.logs += batch?.logs ?? 0;
      },
      onSkipped: (id, cause) => log.warn('too much to delete at once', { part, id, cause: messageOf(cause) }),
    });
  } catch (error) {
    log.warn('old operations and logs could not be deleted', { part, cause: messageOf(error) });
  }
  if (deleted.operations + deleted.logs > 0) log.info('old operations and logs were deleted', deleted);
}

async function deleteOldReports({ db }: ReconcileDependencies): Promise<void> {
  const [oldest] = await db.reconcileReport.findMany({
    orderBy: { endedAt: 'desc' },
    skip: KEPT_REPORTS,
    take: 1,
    select: { endedAt: true },
  });
  if (oldest !== undefined) await db.reconcileReport.deleteMany({ where: { endedAt: { lte: oldest.endedAt } } });
}
