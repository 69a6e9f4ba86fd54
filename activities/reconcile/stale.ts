import type { Finding } from '@freeflow/contract/http';
import { masterNow, type Prisma } from '@freeflow/db-master';
import { messageOf } from '../../backends/failures';
import { createFinding } from './finding';
import type { Reconciling } from './reconciling';
import { walk, type Range } from './walk';

/** An operation is started within this time, or by the next sweep; only then it counts as stale. In ms. */
const STARTS_WITHIN_MS = 15_000;
const AT_ONCE = 10;

type Open = Prisma.TenantOperationGetPayload<{ include: { tenant: { select: { name: true } } } }>;

/** Finds the open operations that nothing works on; starts them where that was asked for. */
export async function findStale(work: Reconciling): Promise<void> {
  const { db } = work;
  const startedBy = new Date((await masterNow(db)).getTime() - STARTS_WITHIN_MS);
  const where = ({ after, upTo }: Range) =>
    ({
      endedAt: null,
      updatedAt: { lt: startedBy },
      id: { ...(after === null ? {} : { gt: after }), ...(upTo === null ? {} : { lte: upTo }) },
    }) satisfies Prisma.TenantOperationWhereInput;
  await walk<Open>(work, {
    name: 'operations',
    backend: null,
    isResource: false,
    atOnce: AT_ONCE,
    page: (range, take) =>
      db.tenantOperation.findMany({
        where: where(range),
        include: { tenant: { select: { name: true } } },
        orderBy: { id: 'asc' },
        take,
      }),
    count: (range) => db.tenantOperation.count({ where: where(range) }),
    visit: (operation) => lookAt(work, operation),
  });
}

async function lookAt(
  { db, fix, hasOpenRun, startOperation }: Reconciling,
  { tenant: { name }, ...operation }: Open,
): Promise<Finding[]> {
  const { id, kind, tenantId, state, createdAt } = operation;
  const its = { name, id, tenantId };
  try {
    if (await hasOpenRun(operation)) return [];
    const isOpen = (await db.tenantOperation.count({ where: { id, endedAt: null } })) === 1;
    if (!isOpen) return [];
    const fixed = fix && (await startOperation({ ...operation, tenantName: name })) === 'started';
    const what = `${kind.replace('_', ' ')}, asked for at ${createdAt.toISOString()}, ${state === 'requested' ? 'was never started' : 'has lost its run'}`;
    return [createFinding('stale', what, { ...its, fixable: true, fixed })];
  } catch (error) {
    return [createFinding('unknown', `whether its ${kind.replace('_', ' ')} has a run: ${messageOf(error)}`, its)];
  }
}
