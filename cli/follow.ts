import { setTimeout as delay } from 'node:timers/promises';
import type { LogRowBody, OperationBody, TenantBody } from '@freeflow/contract/http';
import type { Tenants } from './client/tenants';
import { EXIT, Failure } from './failure';

const POLL_MS = 150;
/** After this long without an answer of the API it is given up, in ms. The operation goes on without us. */
const PATIENCE_MS = 30_000;
const AGAIN_MS = 1_000;
/** After an answer: how long nothing new must come until it is parked again, and how long news are waited for, in ms. */
const QUIET_MS = 1_500;
const NEWS_WITHIN_MS = 60_000;

const OVER: ReadonlySet<OperationBody['state']> = new Set(['done', 'rolled_back', 'refused', 'incomplete']);

/** What becomes visible while an operation is followed. */
export interface Viewer {
  row(row: LogRowBody): void;
  state(tenant: TenantBody, operation: OperationBody): void;
  /** The API doesn't answer; it is asked again. */
  outage(): void;
}

interface Followed {
  tenantId: string;
  operationId: string;
  /** It was parked and has just been answered: that it still shows as parked is no news. Gives the rows that came since before the answer. */
  sinceAnswer?: () => Promise<LogRowBody[]>;
  signal?: AbortSignal;
}

/**
 * Follows an operation until it has ended, or waits for an answer.
 * @returns the tenant as it is then, and the operation as it was seen last
 * @throws Failure `unreachable` when the API stays away
 */
export async function follow(
  tenants: Tenants,
  { tenantId, operationId, sinceAnswer, signal }: Followed,
  viewer: Viewer,
): Promise<{ tenant: TenantBody; operation: OperationBody }> {
  const rowsSince = sinceAnswer ?? tenants.logs(tenantId);
  let silentSince: number | undefined;
  let last: { tenant: TenantBody; operation: OperationBody } | undefined;
  const startedAt = Date.now();
  let newsAt: number | undefined;
  /** A step that has just been done is parked no longer, whatever the operation still says: it is named by none then. */
  const isParked = ({ state, step }: OperationBody): boolean => {
    if (state !== 'parked' || step === null) return false;
    return (
      sinceAnswer === undefined ||
      Date.now() - (newsAt ?? startedAt) > (newsAt === undefined ? NEWS_WITHIN_MS : QUIET_MS)
    );
  };
  for (;;) {
    signal?.throwIfAborted();
    try {
      const tenant = await tenants.get(tenantId);
      const rows = (await rowsSince()).filter((row) => row.operationId === operationId);
      for (const row of rows) viewer.row(row);
      if (rows.length > 0) newsAt = Date.now();
      silentSince = undefined;
      const operation = [tenant.operation, ...tenant.adoptions].find((it) => it?.id === operationId);
      if (operation === undefined || operation === null) {
        // Another one has followed it at once.
        if (last !== undefined) return { ...last, tenant };
        throw new Failure(
          EXIT.refused,
          `Another operation is under way with ${tenant.name} by now.`,
          'See what was done in: tenants logs',
        );
      }
      last = { tenant, operation };
      viewer.state(tenant, operation);
      if (OVER.has(operation.state) || isParked(operation)) return last;
      await delay(POLL_MS, undefined, { ...(signal ? { signal } : {}) });
    } catch (error) {
      if (!(error instanceof Failure) || error.exitCode !== EXIT.unreachable) throw error;
      silentSince ??= Date.now();
      if (Date.now() - silentSince > PATIENCE_MS) throw error;
      viewer.outage();
      await delay(AGAIN_MS, undefined, { ...(signal ? { signal } : {}) });
    }
  }
}

/** How a command ends that has followed an operation. */
export function exitCodeOf({ state }: OperationBody): number {
  if (state === 'done') return EXIT.done;
  return state === 'parked' ? EXIT.parked : EXIT.refused;
}
