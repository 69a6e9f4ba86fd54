import type { Finding } from '@freeflow/contract/http';
import type { PooledResource, Prisma } from '@freeflow/db-master';
import type { Backend } from '../../backends/backend';
import { BackendFault, messageOf } from '../../backends/failures';
import { blankTarget } from '../pool/keep';
import { PoolRows } from '../pool/rows';
import { createFinding } from './finding';
import type { ReconcileScope } from './scope';
import { ServerSilentError, walk, type Range } from './walk';
import { withRetries } from './with-retries';

const AT_ONCE = 2;

/**
 * Compares the rows of a pool with the server. What is gone is given up at once, and made anew: it is no tenant's, and
 * none may claim it.
 */
export async function comparePool(scope: ReconcileScope, backend: Backend): Promise<void> {
  const { db } = scope;
  const where = ({ after, upTo }: Range) =>
    ({
      kind: backend.kind,
      state: 'ready',
      id: { ...(after === null ? {} : { gt: after }), ...(upTo === null ? {} : { lte: upTo }) },
    }) satisfies Prisma.PooledResourceWhereInput;
  await walk<PooledResource>(scope, {
    name: `pool/${backend.kind}`,
    backend: backend.kind,
    isResource: false,
    atOnce: AT_ONCE,
    page: (range, take) => db.pooledResource.findMany({ where: where(range), orderBy: { id: 'asc' }, take }),
    count: (range) => db.pooledResource.count({ where: where(range) }),
    visit: (row) => checkPooled(scope, backend, row),
  });
}

async function checkPooled(scope: ReconcileScope, backend: Backend, row: PooledResource): Promise<Finding[]> {
  const { db, signal } = scope;
  const { name, nonce } = row;
  const its = { backend: backend.kind, name, id: nonce };
  try {
    const serverId = await withRetries(backend, signal, () => backend.serverId());
    if (serverId !== row.serverId)
      return [createFinding('unknown', `of the pool: this is ${serverId}, it was made on ${row.serverId}`, its)];
    const found = await withRetries(backend, signal, () => backend.inspect(blankTarget(row, signal)));
    // Claimed meanwhile it is where it belongs.
    if (found.state === 'ours' || !(await new PoolRows(db).discard(row))) return [];
    const what = found.state === 'foreign' ? found.owner : `there is no ${name} any more`;
    return [
      createFinding('missing', `of the pool, another one is made: ${what}`, { ...its, fixable: true, fixed: true }),
    ];
  } catch (error) {
    if (signal.aborted) throw error;
    if (error instanceof BackendFault && error.type === 'unreachable') throw new ServerSilentError(error.message);
    return [createFinding('unknown', messageOf(error), its)];
  }
}
