import { setTimeout as delay } from 'node:timers/promises';
import {
  ANSWER,
  OPERATIONS,
  workflowIdOf,
  type AcceptedOperation,
  type Answer,
  type OrphanOrder,
  type Reconciliation,
} from '@freeflow/contract';
import {
  Client,
  Connection,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { FastifyBaseLogger } from 'fastify';
import {
  dropStartOptions,
  interruptRequest,
  operationStartOptions,
  reconcileStartOptions,
} from '../../workflows/messages';
import type { RunUrl } from '../tenants/view';

const START_DEADLINE_MS = 5_000;
const CHECK_DEADLINE_MS = 1_000;
const ANSWER_DEADLINE_MS = 3_000;
/** A worker that ended in the middle, or was too slow, fails a workflow task once or twice; from this attempt on it won't mend by itself. */
const FAILS_FROM_ATTEMPT = 4;
/** Pauses between tries to start while the tenant's previous run closes, which takes milliseconds. */
const PREVIOUS_CLOSES_MS = [25, 50, 100, 200, 400, 800, 1_600];

/** Starts what was accepted. Whatever doesn't come to start here is started by the workers' sweep. */
export interface TemporalGateway {
  /** Starts the workflow of a committed operation in the background; never fails. */
  start: (operation: AcceptedOperation) => void;
  /**
   * Hands an answer to the tenant's run: `answered`; `no-run` where none is open; or why the run refuses it. Without a
   * worker that could look at it, the answer is left for the run to find: `left`. A run that fails is ended by a retry.
   * @param id the same id is one answer, however often it is sent
   * @throws Error when Temporal doesn't answer
   */
  answer: (
    tenantId: string,
    answer: Answer,
    id: string,
  ) => Promise<'answered' | 'left' | 'no-run' | { refused: string }>;
  /**
   * Whether a run has taken an answer of this id, also where that run has closed since.
   * @throws Error when Temporal doesn't answer
   */
  hasAnswered: (tenantId: string, runId: string, id: string) => Promise<boolean>;
  /**
   * What has become of the tenant's run, of whichever operation: `fails` where no worker comes to the end of its workflow task.
   * @throws Error when Temporal doesn't answer
   */
  stateOfRun: (tenantId: string) => Promise<'open' | 'fails' | 'none'>;
  /**
   * Starts a reconciliation, or the drop of an orphan; gives the id of its run, and of what it reports.
   * @throws Error when Temporal doesn't answer
   */
  reconcile: (asked: Reconciliation, requestId: string) => Promise<string>;
  dropOrphan: (order: OrphanOrder) => Promise<string>;
  /** Whether Temporal answers now. */
  isUp: () => Promise<boolean>;
  /** Where people look at a run, if a Temporal UI is configured. */
  runUrl: RunUrl;
  /** Waits for starts under way, then lets go of the connection. */
  close: () => Promise<void>;
}

/** Connects with the first start, not before: the API accepts while Temporal is away. */
export function createStarter({
  taskQueue,
  uiUrl,
  log,
  env,
}: {
  taskQueue: string;
  uiUrl: string | undefined;
  log: FastifyBaseLogger;
  env?: NodeJS.ProcessEnv;
}): TemporalGateway {
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig(
    env === undefined ? {} : { overrideEnvVars: definedOf(env) },
  );
  const connection = Connection.lazy(connectionOptions);
  const client = new Client({ connection, namespace });
  const underWay = new Set<Promise<void>>();

  const start = (operation: AcceptedOperation) =>
    client.workflow.start(OPERATIONS[operation.kind].workflow, operationStartOptions(operation, taskQueue));

  /** The run of this very operation, which the sweep may have been quicker to start. */
  const isStarted = async ({ tenantId, operationId, backend }: AcceptedOperation) =>
    (await client.workflow.getHandle(workflowIdOf(tenantId, backend)).describe()).memo?.['operationId'] === operationId;

  const lookAtRun = async (tenantId: string) => {
    try {
      const { status, runId, raw } = await connection.withDeadline(Date.now() + CHECK_DEADLINE_MS, () =>
        client.workflow.getHandle(workflowIdOf(tenantId)).describe(),
      );
      if (status.name !== 'RUNNING') return { state: 'none', runId } as const;
      return { state: (raw.pendingWorkflowTask?.attempt ?? 0) < FAILS_FROM_ATTEMPT ? 'open' : 'fails', runId } as const;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return { state: 'none' } as const;
      throw error;
    }
  };

  /** Ends a run that can't go on: what is under way at the backends notices that it is superseded. Says whether it did. */
  const endIfItFails = async (tenantId: string, { by }: Answer): Promise<boolean> => {
    const { state, runId } = await lookAtRun(tenantId);
    if (state !== 'fails') return false;
    await connection.withDeadline(Date.now() + ANSWER_DEADLINE_MS, () =>
      client.workflow.getHandle(workflowIdOf(tenantId), runId).terminate(`its workflow tasks fail; retried by ${by}`),
    );
    return true;
  };

  /** An operation ends in the master database a moment before its run closes: only then can the next one start. */
  const startAfterThePrevious = async (operation: AcceptedOperation) => {
    for (const pauseMs of PREVIOUS_CLOSES_MS) {
      try {
        await start(operation);
        return;
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        if (await isStarted(operation)) return;
        if (operation.interrupts)
          await connection.workflowService.signalWorkflowExecution(interruptRequest(operation, namespace));
      }
      await delay(pauseMs);
    }
    throw new Error('another run on this tenant does not close');
  };

  const tryToStart = async (operation: AcceptedOperation) => {
    const { operationId, tenantId } = operation;
    try {
      await connection.withDeadline(Date.now() + START_DEADLINE_MS, () => startAfterThePrevious(operation));
    } catch (error) {
      log.warn(
        { tenantId, operationId, cause: (error as Error).message },
        'the operation is accepted but could not be started; the sweep will',
      );
    }
  };
  return {
    start(operation) {
      const starting = tryToStart(operation).finally(() => underWay.delete(starting));
      underWay.add(starting);
    },
    async answer(tenantId, answer, id) {
      const handle = client.workflow.getHandle(workflowIdOf(tenantId));
      if (answer.action === 'retry' && (await endIfItFails(tenantId, answer))) return 'no-run';
      try {
        await connection.withDeadline(Date.now() + ANSWER_DEADLINE_MS, () =>
          handle.executeUpdate(ANSWER, { args: [answer], updateId: id }),
        );
        return 'answered';
      } catch (error) {
        // The run may have closed because of this very answer, sent before.
        if (error instanceof WorkflowNotFoundError)
          return connection
            .withDeadline(Date.now() + CHECK_DEADLINE_MS, () => handle.getUpdateHandle(id).result())
            .then(
              () => 'answered' as const,
              () => 'no-run' as const,
            );
        if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure)
          return { refused: error.cause.type ?? 'not-stuck' };
        if (!(error instanceof WorkflowUpdateRPCTimeoutOrCancelledError)) throw error;
      }
      // Temporal keeps a signal, while an update needs a worker at once.
      await connection.withDeadline(Date.now() + ANSWER_DEADLINE_MS, () => handle.signal(ANSWER, answer));
      return 'left';
    },
    async hasAnswered(tenantId, runId, id) {
      const update = client.workflow.getHandle(workflowIdOf(tenantId), runId).getUpdateHandle(id);
      try {
        await connection.withDeadline(Date.now() + CHECK_DEADLINE_MS, () => update.result());
        return true;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError || error instanceof WorkflowUpdateFailedError) return false;
        throw error;
      }
    },
    stateOfRun: async (tenantId) => (await lookAtRun(tenantId)).state,
    reconcile: async (asked, requestId) =>
      (
        await connection.withDeadline(Date.now() + START_DEADLINE_MS, () =>
          client.workflow.start('reconcile', reconcileStartOptions(asked, requestId, taskQueue)),
        )
      ).firstExecutionRunId,
    dropOrphan: async (order) =>
      (
        await connection.withDeadline(Date.now() + START_DEADLINE_MS, () =>
          client.workflow.start('dropOrphan', dropStartOptions(order, taskQueue)),
        )
      ).firstExecutionRunId,
    isUp: () =>
      connection
        .withDeadline(Date.now() + CHECK_DEADLINE_MS, () => connection.workflowService.getSystemInfo({}))
        .then(
          () => true,
          () => false,
        ),
    runUrl: (workflowId, runId) =>
      uiUrl === undefined
        ? null
        : `${uiUrl.replace(/\/$/, '')}/namespaces/${namespace}/workflows/${workflowId}${runId === null ? '' : `/${runId}`}`,
    async close() {
      await Promise.allSettled(underWay);
      await connection.close();
    },
  };
}

const definedOf = (env: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
