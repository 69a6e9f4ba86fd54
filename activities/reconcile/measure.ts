import { levelOf, MEASURED, percentOf, type Measure, type Usage } from '@freeflow/contract';
import type { Plan } from '@freeflow/contract/plans';
import type { TenantResource } from '@freeflow/db-master';
import { log } from '@temporalio/activity';
import type { Backend, Secrets } from '../../backends/backend';
import { messageOf } from '../../backends/failures';
import { targetOf } from '../ledger';
import { loadSecrets, type ComparedEntry } from './compare';
import type { ReconcileScope } from './scope';
import { withRetries } from './with-retries';

type Measures = Partial<Record<Measure, number>>;

/**
 * Measures how much a tenant uses of a backend, and keeps it with what its plan allows. What can't be measured is none
 * of the findings: it is logged, and the last values stay, with their time.
 */
export async function measureEntry(scope: ReconcileScope, backend: Backend, entry: ComparedEntry): Promise<void> {
  const { plans, secrets, signal } = scope;
  const { tenantId, kind, tenant } = entry;
  try {
    const plan = plans.get(tenant.plan ?? '');
    const loadStored = async (): Promise<Secrets> => {
      const stored = await loadSecrets(secrets, backend, entry);
      return typeof stored === 'string' ? {} : stored;
    };
    const target = targetOf(entry, tenant.name, signal, plan);
    const usage = await withRetries(backend, signal, () => backend.measure(target, loadStored));
    await keep(scope, entry, usage, limitsOf(plan, backend.kind));
  } catch (error) {
    if (signal.aborted) throw error;
    log.warn('what a tenant uses could not be measured', { tenantId, backend: kind, cause: messageOf(error) });
  }
}

/** What a plan says of what is measured. */
function limitsOf(plan: Plan | undefined, kind: Backend['kind']): Measures {
  const section: Readonly<Record<string, number | undefined>> = plan?.[kind] ?? {};
  return Object.fromEntries(
    Object.keys(MEASURED[kind]).flatMap((it) => (section[it] === undefined ? [] : [[it, section[it]]])),
  );
}

/**
 * Keeps it, by the clock of the master database; a trigger tells the levels that are reached. Nothing of a tenant that
 * is gone.
 */
async function keep({ db }: ReconcileScope, entry: TenantResource, usage: Usage, limits: Measures): Promise<void> {
  const { tenantId, kind } = entry;
  const before = await db.tenantUsage.findUnique({ where: { tenantId_kind: { tenantId, kind } } });
  const were = (before?.levels ?? {}) as Measures;
  const percents = Object.entries(limits).flatMap(([measure, limit]): [Measure, number][] => {
    const value = usage[measure as Measure];
    return value === undefined ? [] : [[measure as Measure, percentOf(value, limit)]];
  });
  const levels = percents
    .map(([measure, percent]) => [measure, levelOf(percent, were[measure] ?? 0)] as const)
    .filter(([, level]) => level > 0);
  const highest = percents.length === 0 ? null : Math.max(...percents.map(([, percent]) => percent));
  await db.$executeRaw`
    INSERT INTO "TenantUsage" ("tenantId", kind, measures, limits, levels, plan, percent)
    SELECT t.id, ${kind}::"BackendKind", ${JSON.stringify(usage)}::jsonb, ${JSON.stringify(limits)}::jsonb,
           ${JSON.stringify(Object.fromEntries(levels))}::jsonb, t.plan, ${highest}::int
      FROM "Tenant" t WHERE t.id = ${tenantId}::uuid AND t."goneAt" IS NULL
        ON CONFLICT ("tenantId", kind) DO UPDATE SET measures = EXCLUDED.measures, limits = EXCLUDED.limits, levels = EXCLUDED.levels,
           plan = EXCLUDED.plan, percent = EXCLUDED.percent, "measuredAt" = clock_timestamp()`;
}
