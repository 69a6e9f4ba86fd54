import { operationTitle } from '@freeflow/contract';
import type { Finding } from '@freeflow/contract/http';
import { masterNow, type Prisma } from '@freeflow/db-master';
import { messageOf } from '../../backends/failures';
import { createFinding } from './finding';
import type { ReconcileScope } from './scope';
import { walk, type Range } from './walk';

/**
 * An accepted operation is started within this time, or by the next sweep; only after that it counts as stale. In ms.
 */
const STARTS_WITHIN_MS = 15_000;
const AT_ONCE = 10;

type Open = Prisma.TenantOperationGetPayload<{ include: { tenant: { select: { name: true } } } }>;

/** Finds the open operations that no run works on, and starts them where repairs are wanted. */
export async function findStaleOperations(scope: ReconcileScope): Promise<void> {
  const { db } = scope;
  const startedBy = new Date((await masterNow(db)).getTime() - STARTS_WITHIN_MS);
  const where = ({ after, upTo }: Range) =>
    ({
      endedAt: null,
      updatedAt: { lt: startedBy },
      id: { ...(after === null ? {} : { gt: after }), ...(upTo === null ? {} : { lte: upTo }) },
    }) satisfies Prisma.TenantOperationWhereInput;
  await walk<Open>(scope, {
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
    visit: (operation) => checkOperation(scope, operation),
  });
}

async function checkOperation(
  { db, fix, hasOpenRun, startOperation }: ReconcileScope,
  { tenant: { name }, ...operation }: Open,
): Promise<Finding[]> {
  const { id, kind, tenantId, state, createdAt } = operation;
  const its = { name, id, tenantId };
  try {
    if (await hasOpenRun(operation)) return [];
    const isOpen = (await db.tenantOperation.count({ where: { id, endedAt: null } })) === 1;
    if (!isOpen) return [];
    const fixed = fix && (await startOperation({ ...operation, tenantName: name })) === 'started';
    const what = `${operationTitle(kind)}, requested at ${createdAt.toISOString()}, ${state === 'requested' ? 'was never started' : 'has lost its run'}`;
    return [createFinding('stale', what, { ...its, fixable: true, fixed })];
  } catch (error) {
    return [
      createFinding(
        'unknown',
        `could not check whether its ${operationTitle(kind)} has a run: ${messageOf(error)}`,
        its,
      ),
    ];
  }
}
