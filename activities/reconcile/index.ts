import { activityInfo, cancellationSignal, heartbeat, log } from '@temporalio/activity';
import { compareEntries } from './entries';
import { CLASSES } from './finding';
import { findOrphans } from './orphans';
import { Progress } from './progress';
import type { ReconcileDependencies, Reconciling } from './reconciling';
import { findStale } from './stale';

const HEARTBEAT_MS = 1_000;
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
      const id = activityInfo().workflowExecution?.runId ?? '';
      const beating = setInterval(heartbeat, HEARTBEAT_MS);
      try {
        const reported = await db.reconcileReport.findUnique({ where: { id }, select: { id: true } });
        if (reported !== null) return 'reported already';
        const cancelled = cancellationSignal();
        return await lock.hold(LOCK, TURN_WAIT_MS, cancelled, ({ signal }) => report(dependencies, id, input, AbortSignal.any([signal, cancelled])), LONGEST_HOLD_MS);
      } finally {
        clearInterval(beating);
      }
    },
  };
}

async function report(dependencies: ReconcileDependencies, id: string, { requestedBy, fix }: ReconcileInput, signal: AbortSignal): Promise<string> {
  const progress = await Progress.resume(dependencies.db, id, dependencies.reconcileMs ?? TIME_MS);
  await look({ ...dependencies, fix, signal, progress });
  const { looked, notLookedAt, counts } = await progress.finish({ requestedBy, fix });
  await forgetOldReports(dependencies);
  log.info('reconciled', { resources: looked, notLookedAt, ...counts });
  const findings = CLASSES.reduce((sum, it) => sum + counts[it], 0);
  return `${looked} resources looked at, ${findings} findings, ${counts.fixed} of them fixed${notLookedAt === 0 ? '' : `; ${notLookedAt} not looked at`}`;
}

/** The servers side by side. */
async function look(work: Reconciling): Promise<void> {
  const outcomes = await Promise.allSettled([findOrphans(work), findStale(work), ...work.backends.map((it) => compareEntries(work, it))]);
  // All have ended: nobody adds to the report any more.
  const failed = outcomes.find((it) => it.status === 'rejected');
  if (failed !== undefined) throw failed.reason as Error;
}

async function forgetOldReports({ db }: ReconcileDependencies): Promise<void> {
  const [oldest] = await db.reconcileReport.findMany({ orderBy: { endedAt: 'desc' }, skip: KEPT_REPORTS, take: 1, select: { endedAt: true } });
  if (oldest !== undefined) await db.reconcileReport.deleteMany({ where: { endedAt: { lte: oldest.endedAt } } });
}
