import { pooledNameOf, type BackendKind } from '@freeflow/contract';
import { masterNow, type PooledResource, type PrismaClient } from '@freeflow/db-master';
import { setGauge } from '@freeflow/lib/metrics';
import { cancellationSignal, log } from '@temporalio/activity';
import { settleMs, skipAnnouncement, type Backend, type Pool, type Target } from '../../backends/backend';
import { BackendFault } from '../../backends/failures';
import { runActivity } from '../activity-shell';
import { callAnnounced, classifyErrors, unansweredForMs } from '../backend-call';
import type { Installation } from '../installation';
import type { TenantLock } from '../tenant-lock';
import { hasOpenOperations } from './busy';
import { planPool, PoolRows, type Wanted } from './rows';

const LOCK_WAIT_MS = 20_000;
/** So many that are not dropped yet may be left while others are made. */
const MOST_LEFT = 10;

export interface PoolDependencies {
  db: PrismaClient;
  lock: TenantLock;
  installation: Installation;
  backends: readonly Backend[];
  /** See {@link import('../steps/scope').StepDependencies}. */
  settleMarginMs?: number | undefined;
}

/** A backend that has a pool. */
export type PooledBackend = Backend & { pool: Pool };

/**
 * `again`: there may be more to do. `later`: an absence can't be believed yet. `done`: nothing to do, or operations go
 * first.
 */
export type PoolProgress = 'again' | 'later' | 'done';

interface PoolScope extends PoolDependencies {
  backend: PooledBackend;
  rows: PoolRows;
  wanted: Wanted;
  signal: AbortSignal;
}

/** Keeps the pool of a backend at its size, one resource an activity: what is queued meanwhile goes before the next. */
export function poolActivities(dependencies: PoolDependencies) {
  for (const { kind, pool } of dependencies.backends)
    setGauge('freeflow_pool_wanted', { backend: kind }, pool?.size ?? 0);
  return {
    keepPool: ({ backend: kind }: { backend: BackendKind }): Promise<PoolProgress> =>
      runActivity(async () => {
        const backend = dependencies.backends.find((it) => it.kind === kind);
        if (backend === undefined || !hasPool(backend)) return 'done';
        return dependencies.lock.hold(`pool/${kind}`, LOCK_WAIT_MS, cancellationSignal(), ({ signal }) =>
          keepOnce(dependencies, backend, signal),
        );
      }),
  };
}

export const hasPool = (backend: Backend): backend is PooledBackend => backend.pool !== undefined;

/** What the pool of a backend is to be like, at the server that answers now. */
export async function wantedOf(backend: PooledBackend): Promise<Wanted> {
  const { kind, pool } = backend;
  const serverId = await classifyErrors(backend, () => backend.serverId());
  return { kind, serverId, template: pool.template, size: pool.size };
}

async function keepOnce(
  dependencies: PoolDependencies,
  backend: PooledBackend,
  signal: AbortSignal,
): Promise<PoolProgress> {
  const { db } = dependencies;
  if (await hasOpenOperations(db)) return 'done';
  const wanted = await wantedOf(backend);
  const scope = { ...dependencies, backend, wanted, signal, rows: new PoolRows(db) };
  const all = await scope.rows.list(wanted);
  const { discard, drop, lacking } = planPool(all, wanted, await masterNow(db));
  for (const row of discard) await scope.rows.discard(row);
  const dropped = await dropOne(scope, drop);
  if (dropped.isDone) return 'again';
  // What can't be dropped keeps none from being made, but not without end.
  if (lacking > 0 && drop.length <= MOST_LEFT) await makeBlank(scope);
  else if (dropped.failure !== undefined) throw dropped.failure;
  else if (drop.length > 0 && discard.length === 0) return 'later';
  return lacking > 0 || discard.length > 0 ? 'again' : 'done';
}

/** Drops the first of them that it can. */
async function dropOne(
  scope: PoolScope,
  rows: readonly PooledResource[],
): Promise<{ isDone: boolean; failure: BackendFault | undefined }> {
  let failure: BackendFault | undefined;
  for (const row of rows) {
    try {
      if (await dropBlank(scope, row)) return { isDone: true, failure };
    } catch (error) {
      if (!(error instanceof BackendFault) || scope.signal.aborted) throw error;
      failure ??= error;
    }
  }
  return { isDone: false, failure };
}

/**
 * Only what the server has answered to have made is ever handed out: what was not answered could be followed by the
 * call's late effect.
 */
async function makeBlank({ backend, installation, rows, wanted, signal }: PoolScope): Promise<void> {
  const nonce = await installation.newNonce();
  const name = pooledNameOf(backend.kind, nonce);
  const row = await rows.intend(wanted, name, nonce);
  try {
    await callAnnounced(backend, rows.callsOf(row), blankTarget(row, signal), (it) => backend.pool.make(it));
  } catch (error) {
    await rows.discard(row);
    throw error;
  }
  await rows.markReady(row);
  log.info('blank resource made', { backend: backend.kind, resource: name });
}

/** @returns whether it was seen absent, with no call left that could bring it back */
async function dropBlank(
  { db, backend, rows, signal, settleMarginMs }: PoolScope,
  row: PooledResource,
): Promise<boolean> {
  const target = blankTarget(row, signal);
  const found = await classifyErrors(backend, () => backend.inspect(target));
  if (found.state === 'ours') await callAnnounced(backend, rows.callsOf(row), target, (it) => backend.drop(it));
  const forMs = await unansweredForMs(db, row);
  if (forMs !== undefined && forMs < settleMs(backend, settleMarginMs)) return false;
  const { kind } = backend;
  if (found.state === 'foreign')
    log.warn('blank resource left alone, look whose it is', { backend: kind, resource: row.name, owner: found.owner });
  else {
    await classifyErrors(backend, () => backend.proveAbsent(target));
    log.info('blank resource dropped', { backend: kind, resource: row.name });
  }
  await rows.remove(row);
  return true;
}

/**
 * A blank resource as the target of `inspect`, `drop` and `proveAbsent`. One that is ready was made for certain: where
 * it is hidden or was renamed since, that is said, and not taken for absent.
 */
export const blankTarget = ({ name, nonce, state }: PooledResource, signal: AbortSignal): Target => ({
  tenantId: '',
  tenantName: name,
  name,
  nonce,
  signal,
  announceCall: skipAnnouncement,
  ...(state === 'ready' ? { externalId: nonce } : {}),
});
