import type { PrismaClient, TenantOperation } from '@freeflow/db-master';
import type { Starter } from '../plugins/temporal';
import { inOneSnapshot } from './snapshot';
import { viewTenant } from './view';

/** An operation is started within this time, or by the next sweep; only then it counts as stuck. In ms. */
const STARTS_WITHIN_MS = 15_000;
/** The oldest come first: those behind them show once they are mended. */
const MOST = 500;
const AT_A_TIME = 20;

/** Why an operation does not go on: it waits for an answer, has never been started, has lost its run, or no worker can carry its run on. */
export const STUCK_REASONS = ['parked', 'not-started', 'run-gone', 'run-fails'] as const;
export type StuckReason = (typeof STUCK_REASONS)[number];

/** An operation that needs somebody, with the name of its tenant. */
export interface Stuck {
  operation: TenantOperation;
  tenantName: string;
  why: StuckReason;
}

/** Finds what does not go on by itself, oldest first. `isComplete` is false where Temporal could not be asked which runs are gone. */
export function stuckFinder(db: PrismaClient, starter: Starter) {
  const find = async (): Promise<{ stuck: Stuck[]; isComplete: boolean }> => {
    const open = await db.tenantOperation.findMany({
      // Adoptions are not: they give up by themselves, and have runs of their own.
      where: { endedAt: null, kind: { not: 'adopt' }, OR: [{ state: 'parked' }, { updatedAt: { lt: new Date(Date.now() - STARTS_WITHIN_MS) } }] },
      include: { tenant: { select: { name: true } } },
      orderBy: { createdAt: 'asc' },
      take: MOST,
    });
    const judged: (Stuck | undefined | 'unknown')[] = [];
    for (let at = 0; at < open.length; at += AT_A_TIME) {
      judged.push(...(await Promise.all(open.slice(at, at + AT_A_TIME).map(async ({ tenant, ...operation }) => {
        const why = await reasonOf(operation);
        return why === 'unknown' || why === undefined ? why : { operation, tenantName: tenant.name, why };
      }))));
    }
    return { stuck: judged.filter((it) => typeof it === 'object'), isComplete: !judged.includes('unknown') };
  };

  /** A forced deletion that waits until the operation before it is undone has an open run to wait for. */
  const reasonOf = async ({ tenantId, state }: TenantOperation): Promise<StuckReason | 'unknown' | undefined> => {
    const run = await starter.stateOfRun(tenantId).catch(() => 'unknown' as const);
    if (run === 'none') return state === 'requested' ? 'not-started' : 'run-gone';
    if (run === 'fails') return 'run-fails';
    if (state === 'parked') return 'parked';
    return run === 'unknown' ? 'unknown' : undefined;
  };

  return {
    find,
    async list() {
      const { stuck, isComplete } = await find();
      const tenants = await inOneSnapshot(db, (tx) => tx.tenant.findMany({ where: { id: { in: stuck.map((it) => it.operation.tenantId) } } }));
      const byId = new Map(tenants.map((it) => [it.id, it]));
      return {
        items: stuck.flatMap(({ operation, why }) => {
          const tenant = byId.get(operation.tenantId);
          return tenant === undefined ? [] : [{ ...viewTenant({ ...tenant, operations: [operation] }, starter.runUrl), why }];
        }),
        isComplete,
      };
    },
  };
}
