import type { BackendKind } from '@freeflow/contract';
import { masterNow, type PrismaClient } from '@freeflow/db-master';
import { withDeadline } from '@freeflow/lib/deadline';
import { log } from '@temporalio/activity';
import type { Backend } from '../../backends/backend';
import { messageOf } from '../../backends/failures';
import { hasOpenOperations } from './busy';
import { hasPool, wantedOf, type PooledBackend } from './keep';
import { planPool, PoolRows } from './rows';

/** Starts the run that keeps the pool of a backend, unless it runs. */
export type StartPoolKeeper = (kind: BackendKind) => Promise<void>;

/** A backend that does not answer holds no sweep up. */
const DEADLINE_MS = 5_000;

/**
 * Starts what keeps the pools, where there is something to do about one and no operation is under way. Never throws.
 */
export async function startPoolKeepers(
  db: PrismaClient,
  backends: readonly Backend[],
  start: StartPoolKeeper,
): Promise<void> {
  for (const backend of backends.filter(hasPool)) {
    try {
      await withDeadline(DEADLINE_MS, startWhereNeeded(db, backend, start));
    } catch (error) {
      log.warn('the pool could not be looked after; the next sweep tries again', {
        backend: backend.kind,
        cause: messageOf(error),
      });
    }
  }
}

async function startWhereNeeded(db: PrismaClient, backend: PooledBackend, start: StartPoolKeeper): Promise<void> {
  const { kind, pool } = backend;
  // Without a pool, and without what is left of one, its server is not even asked who it is.
  if (pool.size === 0 && (await db.pooledResource.count({ where: { kind } })) === 0) return;
  if (await hasOpenOperations(db)) return;
  const wanted = await wantedOf(backend);
  const { discard, drop, lacking } = planPool(await new PoolRows(db).list(wanted), wanted, await masterNow(db));
  if (lacking > 0 || discard.length > 0 || drop.length > 0) await start(kind);
}
