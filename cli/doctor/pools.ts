import { BACKENDS, BACKEND_KINDS, type BackendKind } from '@freeflow/contract';
import { assertMigrated, createMasterClient, masterNow, type PooledResource } from '@freeflow/db-master';
import { variablesOf } from '@freeflow/lib/config';
import { z } from 'zod';
import { type Finding, ok, warn } from '../../backends/doctor/check';
import { moduleOf } from '../../backends/registry';
import type { ProductValues } from './settings';

const HOUR_MS = 3_600_000;
/** What is made takes seconds, and some minutes where a call was not answered; what is a week old is replaced. */
const LEFT_AFTER_MS = { intended: HOUR_MS, discarded: 8 * 24 * HOUR_MS, ready: Infinity };

/**
 * What is ready in the pools. That one is not full is no fault: a create has just claimed of it, or operations are
 * under way.
 */
export async function checkPools(
  { MASTER_DATABASE_URL: url }: ProductValues,
  env: NodeJS.ProcessEnv,
): Promise<Finding> {
  await assertMigrated(url);
  const db = createMasterClient(url, { maxConnections: 1, applicationName: 'freeflow-doctor' });
  try {
    const [rows, now] = [await db.pooledResource.findMany({ orderBy: { createdAt: 'asc' } }), await masterNow(db)];
    const seen = BACKEND_KINDS.flatMap((kind) => describePool(kind, rows, now, env));
    const left = rows.filter(
      ({ state, createdAt }) =>
        now.getTime() - createdAt.getTime() > LEFT_AFTER_MS[state as keyof typeof LEFT_AFTER_MS],
    );
    if (left.length === 0) return ok(seen.join('; ') || 'none');
    return warn(
      `${seen.join('; ')}; not dropped yet: ${left.map((it) => it.name).join(', ')}`,
      `Find the cause: temporal workflow list --query "WorkflowType='keepPool'"`,
    );
  } finally {
    await db.$disconnect();
  }
}

function describePool(kind: BackendKind, rows: readonly PooledResource[], now: Date, env: NodeJS.ProcessEnv): string[] {
  const size = sizeOf(kind, env);
  const its = rows.filter((it) => it.kind === kind);
  const ready = its.filter((it) => it.state === 'ready');
  const [oldest] = ready;
  if (size === undefined || (size === 0 && its.length === 0)) return [];
  const age =
    oldest === undefined ? '' : `, the oldest made ${inWords(now.getTime() - oldest.createdAt.getTime())} ago`;
  const others = its.length === ready.length ? '' : `, ${its.length - ready.length} being made or dropped`;
  return [`${BACKENDS[kind].title}: ${ready.length} of ${size} ready${age}${others}`];
}

/** As the worker's environment sets it; undefined where the backend has no pool. */
function sizeOf(kind: BackendKind, env: NodeJS.ProcessEnv): number | undefined {
  const { poolVariable, variables } = moduleOf(kind);
  if (poolVariable === undefined) return undefined;
  const { standard } = variablesOf(z.object(variables)).find(({ name }) => name === poolVariable) ?? {};
  return Number(env[poolVariable] || standard);
}

const inWords = (ms: number): string =>
  ms < 3_600_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
