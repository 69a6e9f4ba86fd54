import { log } from '@temporalio/activity';
import type { OperationKind, PrismaClient, TenantOperation } from '@freeflow/db-master';
import { messageOf } from './failures';

/** Starts the workflow of an operation; says `running` where this tenant has an open run already. */
export type StartOperation = (operation: { id: string; tenantId: string; tenantName: string; kind: OperationKind }) => Promise<'started' | 'running'>;

const BATCH = 200;
const FIRST_PAUSE_MS = 10_000;
const LONGEST_PAUSE_MS = 600_000;

/**
 * Starts what was accepted and has no open run: never started, or its run was terminated or timed out. A run that
 * keeps ending without ending its operation is started again ever more slowly.
 */
export function sweepActivities(db: PrismaClient, start: StartOperation, startable: readonly OperationKind[]) {
  return {
    async sweep(): Promise<{ started: number }> {
      const open = await db.tenantOperation.findMany({
        where: { endedAt: null, kind: { in: [...startable] } },
        include: { tenant: { select: { name: true } } },
        orderBy: { createdAt: 'asc' },
        take: BATCH,
      });
      let started = 0;
      for (const { tenant, ...operation } of open.filter(isDue)) {
        const { id, tenantId, kind } = operation;
        try {
          if ((await start({ id, tenantId, kind, tenantName: tenant.name })) === 'started') started++;
        } catch (error) {
          log.warn('an operation could not be started; the next sweep tries again', { tenantId, operationId: id, cause: messageOf(error) });
        }
      }
      return { started };
    },
  };
}

function isDue({ runs, lastRunAt }: TenantOperation): boolean {
  if (lastRunAt === null) return true;
  return Date.now() - lastRunAt.getTime() >= Math.min(FIRST_PAUSE_MS * 2 ** (runs - 1), LONGEST_PAUSE_MS);
}
