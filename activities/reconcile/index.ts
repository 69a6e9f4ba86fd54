import { activityInfo, cancellationSignal, heartbeat, log } from '@temporalio/activity';
import { masterNow } from '../master-clock';
import { compareEntries } from './entries';
import { asJson, CLASSES, type Finding } from './finding';
import { findOrphans } from './orphans';
import type { ReconcileDependencies, Reconciling } from './reconciling';
import { findStale } from './stale';

const HEARTBEAT_MS = 1_000;
/** At one an hour the last eight days. */
const KEPT_REPORTS = 200;

export interface ReconcileInput {
  requestedBy: string;
  fix: boolean;
}

/** Compares the master database, the ledger and the servers, and keeps what it finds as a report; repeated, its run has one. */
export function reconcileActivities(dependencies: ReconcileDependencies) {
  const { db } = dependencies;
  return {
    async reconcile({ requestedBy, fix }: ReconcileInput): Promise<string> {
      const id = activityInfo().workflowExecution?.runId ?? '';
      const beating = setInterval(heartbeat, HEARTBEAT_MS);
      try {
        const startedAt = await masterNow(db);
        const { findings, looked } = await look({ ...dependencies, fix, signal: cancellationSignal() });
        const counts = { resources: looked, fixed: findings.filter((it) => it.fixed).length, ...Object.fromEntries(CLASSES.map((its) => [its, findings.filter((it) => it.class === its).length])) };
        const report = { requestedBy, fix, counts, findings: asJson(findings), startedAt, endedAt: await masterNow(db) };
        await db.reconcileReport.upsert({ where: { id }, create: { id, ...report }, update: report });
        await forgetOldReports(dependencies);
        log.info('reconciled', counts);
        return `${looked} resources looked at, ${findings.length} findings, ${counts.fixed} of them fixed`;
      } finally {
        clearInterval(beating);
      }
    },
  };
}

/** The servers side by side. */
async function look(work: Reconciling): Promise<{ findings: Finding[]; looked: number }> {
  const [orphans, stale, ...perBackend] = await Promise.all([findOrphans(work), findStale(work), ...work.backends.map((it) => compareEntries(work, it))]);
  const findings = [...perBackend.flatMap((it) => it.findings), ...orphans, ...stale];
  // A server that can't be reached has said so twice.
  const first = new Map(findings.map((it) => [it.name === null ? `${it.class}/${it.resource}` : it, it]));
  return { findings: [...first.values()], looked: perBackend.reduce((sum, it) => sum + it.looked, 0) };
}

async function forgetOldReports({ db }: ReconcileDependencies): Promise<void> {
  const [oldest] = await db.reconcileReport.findMany({ orderBy: { endedAt: 'desc' }, skip: KEPT_REPORTS, take: 1, select: { endedAt: true } });
  if (oldest !== undefined) await db.reconcileReport.deleteMany({ where: { endedAt: { lte: oldest.endedAt } } });
}
