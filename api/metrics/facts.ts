import type { PrismaClient } from '@freeflow/db-master';
import { withDeadline } from '@freeflow/lib/deadline';
import { renderMetrics, resetMetrics, setGauge } from '@freeflow/lib/metrics';
import type { FastifyBaseLogger } from 'fastify';
import type { TemporalGateway } from '../temporal-gateway';
import { readFacts, type Facts } from './read-facts';

/** For so long facts are served again as they were read, in ms, however many scrape. */
const KEPT_MS = 5_000;
/** Well within the time that Prometheus gives a scrape, 10 s. */
const READ_WITHIN_MS = 3_000;

/** Of these Temporal has less: what it does not tell in time holds up nothing else. */
const ASK_WITHIN_MS = 1_500;

/**
 * The facts of the installation as Prometheus reads them. Read when they are asked for, once for all who ask at the
 * time; nothing where the master database does not answer in time, for what was so before may not be so now.
 */
export function installationFacts(
  db: PrismaClient,
  temporal: Pick<TemporalGateway, 'countAbandonedRuns'>,
  sweepIntervalMs: number,
  log: Pick<FastifyBaseLogger, 'warn'>,
): () => Promise<string> {
  let last: { text: string; at: number } | undefined;
  let reading: Promise<string> | undefined;
  const read = async (): Promise<string> => {
    const [facts, abandonedRuns] = await Promise.all([
      readFacts(db, sweepIntervalMs),
      withDeadline(ASK_WITHIN_MS, temporal.countAbandonedRuns()).catch(() => 0),
    ]);
    const text = await renderFacts(facts, abandonedRuns);
    last = { text, at: performance.now() };
    return text;
  };
  return async () => {
    if (last !== undefined && performance.now() - last.at < KEPT_MS) return last.text;
    // One that hangs is waited for again, and not begun beside.
    reading ??= read().finally(() => {
      reading = undefined;
    });
    const text = await withDeadline(READ_WITHIN_MS, reading).catch((error: unknown) => {
      log.warn({ cause: (error as Error).message }, 'the facts of the installation could not be read for /metrics');
    });
    setGauge('freeflow_master_database_up', {}, text === undefined ? 0 : 1);
    return text ?? '';
  };
}

function renderFacts(
  { open, parked, withoutRun, overduePurges, overdueRetirements, report, pool, near, fleet, webhooks, records }: Facts,
  abandonedRuns: number,
): Promise<string> {
  resetMetrics('installation');
  for (const { kind, state, count } of open) setGauge('freeflow_operations_open', { kind, state }, count);
  for (const [state, age] of oldestOf(open)) setGauge('freeflow_operations_open_oldest_age_seconds', { state }, age);
  for (const { step, count } of parked) setGauge('freeflow_steps_parked', { step }, count);
  const oldestPark = Math.max(0, ...parked.map(({ ageS }) => ageS));
  setGauge('freeflow_steps_parked_oldest_age_seconds', {}, oldestPark);
  setGauge('freeflow_operations_without_run', {}, withoutRun);
  setGauge('freeflow_runs_without_workers', {}, abandonedRuns);
  setGauge('freeflow_purges_overdue', {}, overduePurges);
  setGauge('freeflow_retirements_overdue', {}, overdueRetirements);
  setGauge('freeflow_reconcile_last_success_timestamp_seconds', {}, report.at);
  for (const { class: its, count } of report.findings) setGauge('freeflow_reconcile_findings', { class: its }, count);
  for (const { backend, count } of pool) setGauge('freeflow_pool_ready', { backend }, count);
  for (const { count, ...labels } of near) setGauge('freeflow_usage_near_limits', labels, count);
  for (const { upgrade, state, count } of fleet) {
    setGauge('freeflow_fleet_upgrades_open', { state: upgrade }, 1);
    if (state !== null) setGauge('freeflow_fleet_tenants', { state }, count);
  }
  setGauge('freeflow_webhook_undelivered_oldest_age_seconds', {}, webhooks.undeliveredAgeS);
  for (const { reason, count } of webhooks.disabled) setGauge('freeflow_webhooks_disabled', { reason }, count);
  for (const { records: its, ageS } of records) setGauge('freeflow_records_oldest_age_seconds', { records: its }, ageS);
  return renderMetrics('installation');
}

/** The age of the oldest in each state. */
function oldestOf(open: Facts['open']): Map<Facts['open'][number]['state'], number> {
  const oldest = new Map<Facts['open'][number]['state'], number>();
  for (const { state, ageS } of open) oldest.set(state, Math.max(0, ageS, oldest.get(state) ?? 0));
  return oldest;
}
