import type { FleetUpgrade, Prisma } from '@freeflow/db-master';

/** How many tenants of an upgrade are in each state; of the canaries those that have not ended. */
export interface Counts {
  waiting: number;
  running: number;
  done: number;
  failed: number;
  left: number;
  cancelled: number;
  canariesOpen: number;
  /** Those that have failed since somebody has said that it is to go on, of all and of the canaries. */
  unforgiven: number;
  canariesUnforgiven: number;
  /** For how long nothing has changed of any, in ms. */
  unchangedMs: number;
}

export interface Verdict {
  state: 'running' | 'paused' | 'cancelled' | 'done';
  /** Why it is paused. */
  reason?: string;
  /** Set once it is over: a sentence for people. */
  outcome?: string;
  /** How many tenants may be taken up now, and whether of the canaries alone. */
  slots?: number;
  isCanary?: boolean;
}

type Plan = Pick<FleetUpgrade, 'state' | 'reason' | 'concurrency' | 'pauseOnFailures' | 'canary'>;

/** Decides what an upgrade of the fleet does next. Pure. */
export function verdictOf(plan: Plan, counts: Counts): Verdict {
  const { waiting, running, done, failed, left, cancelled } = counts;
  const told = `${done} done, ${failed} failed, ${left} left for later`;
  if (plan.state === 'cancelled')
    return {
      state: 'cancelled',
      ...(running > 0 ? {} : { outcome: `cancelled: ${told}, ${waiting + cancelled} not begun` }),
    };
  if (waiting + running === 0) return { state: 'done', outcome: told };
  if (plan.state === 'paused') return { state: 'paused', ...(plan.reason === null ? {} : { reason: plan.reason }) };
  const { unforgiven, canariesUnforgiven } = counts;
  if (canariesUnforgiven > 0 && waiting > 0)
    return { state: 'paused', reason: `${canariesUnforgiven} of ${plan.canary} canaries failed` };
  if (unforgiven >= plan.pauseOnFailures && waiting > 0)
    return { state: 'paused', reason: `${unforgiven} tenants failed` };
  const isCanary = counts.canariesOpen > 0;
  return { state: 'running', slots: Math.max(0, plan.concurrency - running), isCanary };
}

interface Row {
  state: string;
  isCanary: boolean;
  isForgiven: boolean;
  count: number;
  unchangedMs: number;
}

export async function countTenants(tx: Pick<Prisma.TransactionClient, '$queryRaw'>, id: string): Promise<Counts> {
  const rows = await tx.$queryRaw<Row[]>`
    SELECT state, "isCanary", "isForgiven", count(*)::int AS count,
           greatest(0, extract(epoch FROM clock_timestamp() - max("changedAt")) * 1000)::float8 AS "unchangedMs"
      FROM "FleetTenant" WHERE "upgradeId" = ${id}::uuid GROUP BY 1, 2, 3`;
  const of = (isMeant: (it: Row) => boolean) => rows.filter(isMeant).reduce((sum, { count }) => sum + count, 0);
  const inState = (state: string) => of((it) => it.state === state);
  return {
    waiting: inState('waiting'),
    running: inState('running'),
    done: inState('done'),
    failed: inState('failed'),
    left: inState('left'),
    cancelled: inState('cancelled'),
    canariesOpen: of((it) => it.isCanary && ['waiting', 'running'].includes(it.state)),
    unforgiven: of((it) => it.state === 'failed' && !it.isForgiven),
    canariesUnforgiven: of((it) => it.isCanary && it.state === 'failed' && !it.isForgiven),
    unchangedMs: Math.min(...rows.map((it) => it.unchangedMs)),
  };
}
