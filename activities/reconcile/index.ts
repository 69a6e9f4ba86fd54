import { FINDING_CLASSES } from '@freeflow/contract';
import { activityInfo, cancellationSignal, heartbeat, log } from '@temporalio/activity';
import { compareEntries } from './entries';
import { findOrphans } from './orphans';
import { Progress } from './progress';
import type { ReconcileDependencies, Reconciling } from './reconciling';
import { findStale } from './stale';

/** What was found so far goes with it: not each second. */
const HEARTBEAT_MS = 2_000;
/** At one an hour the last eight days. */
const KEPT_REPORTS = 200;
/** Well within the time that its activity is given, with a whole step of the slowest server behind it. */
const TIME_MS = 20 * 60_000;
/** What comes while another one is under way waits so long, fails, and is repeated until it has its turn. */
const TURN_WAIT_MS = 5_000;
const LONGEST_HOLD_MS = 30 * 60_000;
const LOCK = 'reconcile';

export interface ReconcileInput {
  requestedBy: string;
  fix: boolean;
}

/**
 * Compares the master database, the ledger and the servers, and keeps what it finds as a report; repeated, its run has one. One at a
 * time: a schedule's and a person's wait for each other. When its time is over it reports what it has, and what it hasn't looked at.
 */
export function reconcileActivities(dependencies: ReconcileDependencies) {
  const { db, lock } = dependencies;
  return {
    async reconcile(input: ReconcileInput): Promise<string> {
      const { workflowExecution, heartbeatDetails: kept } = activityInfo();
      const id = workflowExecution?.runId ?? '';
      let progress: Progress | undefined;
      // Without its turn it still holds what an earlier attempt has kept.
      const beating = setInterval(() => heartbeat(progress?.snapshot ?? kept), HEARTBEAT_MS);
      try {
        const reported = await db.reconcileReport.findUnique({ where: { id }, select: { id: true } });
        if (reported !== null) return 'reported already';
        const cancelled = cancellationSignal();
        return await lock.hold(
          LOCK,
          TURN_WAIT_MS,
          cancelled,
          async ({ signal }) => {
            progress = await Progress.resume(db, id, dependencies.reconcileMs ?? TIME_MS, kept);
            return report(
              { ...dependencies, fix: input.fix, progress, signal: AbortSignal.any([signal, cancelled]) },
              input,
            );
          },
          LONGEST_HOLD_MS,
        );
      } finally {
        clearInterval(beating);
      }
    },
  };
}

async function report(work: Reconciling, { requestedBy, fix }: ReconcileInput): Promise<string> {
  await look(work);
  const { looked, notLookedAt, counts } = await work.progress.finish({ requestedBy, fix });
  await forgetOldReports(work);
  log.info('reconciled', { resources: looked, notLookedAt, ...counts });
  const findings = FINDING_CLASSES.reduce((sum, it) => sum + counts[it], 0);
  return `${looked} resources looked at, ${findings} findings, ${counts.fixed} of them fixed${notLookedAt === 0 ? '' : `; ${notLookedAt} not looked at`}`;
}

/** The servers side by side. */
async function look(work: Reconciling): Promise<void> {
  const outcomes = await Promise.allSettled([
    findOrphans(work),
    findStale(work),
    ...work.backends.map((it) => compareEntries(work, it)),
  ]);
  // All have ended: nobody adds to the report any more.
  const failed = outcomes.find((it) => it.status === 'rejected');
  if (failed !== undefined) throw failed.reason as Error;
}

async function forgetOldReports({ db }: ReconcileDependencies): Promise<void> {
  const [oldest] = await db.reconcileReport.findMany({
    orderBy: { endedAt: 'desc' },
    skip: KEPT_REPORTS,
    take: 1,
    select: { endedAt: true },
  });
  if (oldest !== undefined) await db.reconcileReport.deleteMany({ where: { endedAt: { lte: oldest.endedAt } } });
}
