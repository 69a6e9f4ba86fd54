import { STUCK, type StuckReason } from '@freeflow/contract';
import { inOneSnapshot, type PrismaClient, type Tenant, type TenantOperation } from '@freeflow/db-master';
import type { RunState } from '@freeflow/lib/temporal';
import type { TemporalGateway } from '../temporal-gateway';
import { fetchRunStates } from './run-states';
import {
  overduePurges,
  overdueRetirements,
  parkedOperations,
  quietOperations,
  unstartedOperations,
  type Some,
} from './stuck-rows';
import { LAST_OPERATIONS, viewTenant } from './view';

/** The runs of at most this many operations in progress are checked, those that have not changed for longest. */
const MOST_QUIET = 2_000;
/** What is due is overdue after this many intervals of the sweep, and at least this time, in ms. */
const OVERDUE_SWEEPS = 6;
const OVERDUE_MS = 60_000;

/** When a purge, or an end of old credentials, is overdue that the workers' sweep has not started, in ms. */
export const overdueMsOf = (sweepIntervalMs: number): number => Math.max(OVERDUE_MS, OVERDUE_SWEEPS * sweepIntervalMs);

/** What no operation has been started for. */
type Overdue = 'overdue-purge' | 'overdue-retire';

/** An operation that does not go on by itself, with its tenant. */
export interface Stuck {
  operation: TenantOperation;
  tenant: Tenant;
  why: Exclude<StuckReason, Overdue>;
}

/** Operations that are stuck; how many more are; and how many may be. */
export interface StuckOperations {
  stuck: Stuck[];
  notShown: number;
  notAsked: number;
}

/**
 * Finds operations that don't go on by themselves. What the master database knows comes first, by index and whether
 * Temporal answers or not: what is parked, then what has not started. Temporal is queried only for those in progress,
 * for a short time.
 */
export async function findStuck(db: PrismaClient, temporal: TemporalGateway, limit: number): Promise<StuckOperations> {
  const [parked, unstarted, quiet, operations] = await inOneSnapshot(db, async (tx) => {
    const sets = [
      await parkedOperations(tx, limit),
      await unstartedOperations(tx, limit),
      await quietOperations(tx, MOST_QUIET),
    ] as const;
    const rows = await tx.tenantOperation.findMany({
      where: { id: { in: sets.flatMap(({ ids }) => ids) } },
      include: { tenant: true },
    });
    return [...sets, new Map(rows.map((it) => [it.id, it]))] as const;
  });
  const rowsOf = ({ ids }: Some) => ids.flatMap((id) => operations.get(id) ?? []);
  // Those last that are listed independently of Temporal's answer.
  const runs = await fetchRunStates(
    temporal,
    [...rowsOf(quiet), ...rowsOf(unstarted), ...rowsOf(parked)].map((it) => it.tenantId),
  );
  const all = [parked, unstarted, quiet].flatMap(rowsOf).flatMap(({ tenant, ...operation }) => {
    const why = reasonOf(operation, runs.get(operation.tenantId));
    return why === undefined ? [] : [{ operation, tenant, why }];
  });
  const unseen = [parked, unstarted].reduce((sum, { total, ids }) => sum + total - ids.length, 0);
  return {
    stuck: all.slice(0, limit),
    notShown: Math.max(0, all.length - limit) + unseen,
    notAsked: quiet.total - rowsOf(quiet).filter((it) => runs.has(it.tenantId)).length,
  };
}

/** Those that wait for an answer at one step, by the master database alone. */
export async function findParkedAt(db: PrismaClient, step: string, limit: number): Promise<StuckOperations> {
  const { ids, total } = await parkedOperations(db, limit, step);
  const rows = await db.tenantOperation.findMany({
    where: { id: { in: ids } },
    include: { tenant: true },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });
  return {
    stuck: rows.map(({ tenant, ...operation }) => ({ operation, tenant, why: 'parked' })),
    notShown: total - ids.length,
    notAsked: 0,
  };
}

/** What was accepted and has an open run is about to begin. */
function reasonOf({ state }: TenantOperation, run: RunState | undefined): Stuck['why'] | undefined {
  if (run === 'none') return state === 'requested' ? 'not-started' : 'run-gone';
  if (run === 'fails') return 'run-fails';
  if (run === 'unattended') return 'run-unattended';
  if (state === 'parked') return 'parked';
  return run === undefined && state === 'requested' ? 'not-started' : undefined;
}

/** Everything on-call has to know of: operations that are stuck, and what is due and no sweep has started. */
export async function listStuck(
  db: PrismaClient,
  temporal: TemporalGateway,
  { limit, sweepIntervalMs }: { limit: number; sweepIntervalMs: number },
) {
  const overdueMs = overdueMsOf(sweepIntervalMs);
  const [{ stuck, notShown: more, notAsked }, purges, retirements] = await Promise.all([
    findStuck(db, temporal, limit),
    overduePurges(db, limit, overdueMs),
    overdueRetirements(db, limit, overdueMs),
  ]);
  const due = [
    ...purges.ids.map((id) => ({ id, why: 'overdue-purge' as const })),
    ...retirements.ids.map((id) => ({ id, why: 'overdue-retire' as const })),
  ];
  const overdue = await loadOverdue(db, due.slice(0, limit - stuck.length));
  const notShown = more + purges.total + retirements.total - overdue.length;
  return {
    items: [
      ...stuck.map(({ operation, tenant, why }) => ({
        ...viewTenant({ ...tenant, operations: [operation] }, temporal.runUrl),
        why,
        advice: why === 'parked' ? (operation.advice ?? STUCK.parked.advice) : STUCK[why].advice,
      })),
      ...overdue.map(({ tenant, why }) => ({
        ...viewTenant(tenant, temporal.runUrl),
        why,
        advice: STUCK[why].advice,
      })),
    ],
    isComplete: notShown === 0 && notAsked === 0,
    notShown,
    notAsked,
  };
}

/** Those that are still there, in this order. */
async function loadOverdue(db: PrismaClient, due: readonly { id: string; why: Overdue }[]) {
  const tenants = await db.tenant.findMany({
    where: { id: { in: due.map(({ id }) => id) } },
    include: LAST_OPERATIONS,
  });
  return due.flatMap(({ id, why }) => tenants.filter((it) => it.id === id).map((tenant) => ({ tenant, why })));
}
