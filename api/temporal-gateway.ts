import type { AcceptedOperation } from '@freeflow/contract';
import type { Environment } from '@freeflow/lib/config';
import { createLazyClient, RunClient } from '@freeflow/lib/temporal';
import { traceIdOf } from '@freeflow/lib/tracing';
import type { FastifyBaseLogger } from 'fastify';
import type { RunUrl } from './tenants/view';

/** Temporal, as the routes need it. What can't be started here is started by the workers' sweep. */
export interface TemporalGateway extends Pick<
  RunClient,
  | 'answer'
  | 'hasAnswered'
  | 'stateOfRun'
  | 'startReconciliation'
  | 'startOrphanDrop'
  | 'reveal'
  | 'countAbandonedRuns'
  | 'isUp'
> {
  /** Starts the run of a committed operation in the background; never fails. */
  start: (operation: AcceptedOperation) => void;
  /** Has the run of an upgrade of the fleet look at it, or starts one, in the background; never fails. */
  wakeFleet: (id: string) => void;
  /** The address of a run in the Temporal UI; null where none is configured. */
  runUrl: RunUrl;
  /** Waits for starts in progress, then closes the connection. */
  close: () => Promise<void>;
}

interface GatewayOptions {
  taskQueue: string;
  uiUrl: string | undefined;
  log: FastifyBaseLogger;
  env: Environment;
}

/** Connects with the first start, not before: the API accepts while Temporal is away. */
export function createTemporalGateway({ taskQueue, uiUrl, log, env }: GatewayOptions): TemporalGateway {
  const { client, connection } = createLazyClient(env);
  const runs = new RunClient(client, taskQueue);
  const inProgress = new Set<Promise<unknown>>();
  /** What is asked when the connection is closed would throw where nobody catches it: in the client's timer. */
  const beforeClose = <T>(work: Promise<T>): Promise<T> => {
    const ended = work.finally(() => inProgress.delete(ended));
    inProgress.add(ended);
    return ended;
  };

  const tryToStart = async (operation: AcceptedOperation) => {
    const { operationId, tenantId, traceparent } = operation;
    try {
      await runs.startWhenPreviousCloses(operation);
    } catch (error) {
      log.warn(
        { tenantId, operationId, traceId: traceIdOf(traceparent) ?? undefined, cause: (error as Error).message },
        'the operation is accepted but could not be started; the sweep will',
      );
    }
  };
  return {
    answer: (...args) => runs.answer(...args),
    hasAnswered: (...args) => runs.hasAnswered(...args),
    stateOfRun: (...args) => runs.stateOfRun(...args),
    startReconciliation: (...args) => runs.startReconciliation(...args),
    startOrphanDrop: (...args) => runs.startOrphanDrop(...args),
    reveal: (...args) => beforeClose(runs.reveal(...args)),
    countAbandonedRuns: () => beforeClose(runs.countAbandonedRuns()),
    isUp: () => runs.isUp(),
    start(operation) {
      void beforeClose(tryToStart(operation));
    },
    wakeFleet(id) {
      const warn = (error: unknown) =>
        log.warn({ cause: (error as Error).message }, 'the upgrade of the fleet could not be started; the sweep will');
      void beforeClose(runs.wakeFleet(id).catch(warn));
    },
    runUrl: (workflowId, runId) =>
      uiUrl === undefined
        ? null
        : `${uiUrl.replace(/\/$/, '')}/namespaces/${runs.namespace}/workflows/${workflowId}${runId === null ? '' : `/${runId}`}`,
    async close() {
      await Promise.allSettled(inProgress);
      await connection.close();
    },
  };
}
