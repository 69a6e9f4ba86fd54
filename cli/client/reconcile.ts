import type { BackendKind } from '@freeflow/contract';
import { dropSchema, reportSchema, startedSchema, type OrphanDropBody, type ReportBody } from '@freeflow/contract/http';
import { EXIT, Failure } from '../failure';
import { isPassing } from '../passing';
import { type Call, Refusal } from './http';

const POLL_MS = 500;
/**
 * The command waits for so long; the work goes on. A reconciliation may take twenty minutes, and wait for another one
 * before.
 */
const PATIENCE_MIN = { drop: 10, reconciliation: 45 } as const;

/** Reconciliations and drops of orphans, each from its start to its end. */
export function reconcilerOf(call: Call) {
  return {
    async reconcile(fix: boolean): Promise<ReportBody> {
      const { id } = await call(startedSchema, 'POST', '/reconcile', { fix });
      return pollUntil(
        () => call(reportSchema, 'GET', `/reconcile/${id}`),
        () => true,
        PATIENCE_MIN.reconciliation,
      );
    },
    async drop(backend: BackendKind, name: string, externalId: string): Promise<OrphanDropBody> {
      const { id } = await call(startedSchema, 'POST', '/resources/drop', { backend, name, externalId });
      return pollUntil(
        () => call(dropSchema, 'GET', `/resources/drops/${id}`),
        ({ state }) => state !== 'running',
        PATIENCE_MIN.drop,
      );
    },
  };
}

/** Too many requests are no end of it either: it goes on. */
const isNotYet = (error: unknown): boolean =>
  (error instanceof Refusal && error.code === 'report-unknown') ||
  (isPassing(error) && error.exitCode !== EXIT.unreachable);

/** @throws Failure `unreachable` when no worker has done it in time */
async function pollUntil<T>(poll: () => Promise<T>, isOver: (it: T) => boolean, patienceMin: number): Promise<T> {
  for (
    const end = Date.now() + patienceMin * 60_000;
    Date.now() < end;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  ) {
    try {
      const found = await poll();
      if (isOver(found)) return found;
    } catch (error) {
      if (!isNotYet(error)) throw error;
    }
  }
  throw new Failure(
    EXIT.unreachable,
    `It has not ended within ${patienceMin} minutes; it goes on.`,
    'Check that a worker runs: freeflow doctor. Its run in the Temporal UI (type reconcile or dropOrphan) shows what it waits for.',
  );
}
