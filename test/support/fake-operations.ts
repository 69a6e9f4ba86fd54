import { randomUUID } from 'node:crypto';
import path from 'node:path';
import {
  BACKEND_KINDS,
  backendQueueOf,
  isStatusOperation,
  OPERATIONS,
  workflowIdOf,
  type BackendKind,
  type OperationKind,
} from '@freeflow/contract';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { operationStartOptions } from '@freeflow/lib/temporal';
import { WorkflowFailedError } from '@temporalio/client';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { Begun } from '../../activities/begin';
import { projectRoot } from '../../stack/project';
import { readStackInfo } from '../../stack/stack-info';
import { registeredBy } from '../../worker/built-workflows';
import { deploymentOptionsOf } from '../../worker/deployment';
import { registerSearchAttributes } from '../../worker/search-attributes';
import { newName } from './activity-harness';
import { type Call, createFakeActivities, type Patience, type SlowRecord } from './fake-activities';
import { TEST_STACK } from './master';
import { openOperator, type Operator } from './temporal';
import { bundleOf } from './workflow-bundle';

/**
 * The real workflows on the real Temporal, with activities that only say whether they were done: what takes weeks takes
 * seconds.
 */
export interface FakeOperations {
  operator: Operator;
  taskQueue: string;
  /** Steps that fail, as `qdrant.create`, and may succeed when they are tried again. */
  failing: Set<string>;
  /** Steps that fail so that no retry can fix it. */
  failingForGood: Set<string>;
  /** What steps in the master database return; nothing, for others. */
  returning: Map<string, unknown>;
  calls: Call[];
  /** Lets no step at a backend end until it is called off. */
  hold(): () => void;
  /** Lets this step not end until it is called off, whether it is cancelled or not. */
  holdStep(step: string): () => void;
  /** Lets all that is held go on: a test that failed may have left something, and the next ones would wait for it. */
  releaseAll(): void;
  callsOf(tenantId: string, activity: string): Call[];
  /**
   * Starts an operation as API and sweep do; gives the tenant's id. `begun`: what its first step finds, besides the
   * ordinary.
   */
  start(
    kind: OperationKind,
    more?: { interrupts?: readonly OperationKind[]; begun?: Partial<Begun>; backend?: BackendKind; slow?: SlowRecord },
  ): Promise<string>;
  /** The names of the steps of a tenant in the order in which they began, each attempt. */
  stepsOf(tenantId: string): string[];
  /** How its run ends: what it returns, or the message of its failure. */
  outcomeOf(tenantId: string): Promise<string>;
  close(): Promise<void>;
}

export interface FakeOptions {
  patience?: Partial<Patience>;
  /** How many activities of one backend go on at a time. */
  slots?: number;
  /** The stack whose Temporal it is. @default that of the tests */
  info?: StackInfo;
  /** The queue of others, whose workers are of another build. @default one of its own */
  taskQueue?: string;
  /** Of which deployment its workers are, and which build. */
  version?: WorkerDeploymentVersion;
  /** Those that have workers. @default all */
  backends?: readonly BackendKind[];
}

/** Starts workers with fake activities on a task queue of their own. */
export async function openFakeOperations({
  patience,
  slots = 100,
  info = readStackInfo(TEST_STACK),
  taskQueue = `fake-${randomUUID()}`,
  version,
  backends = BACKEND_KINDS,
}: FakeOptions = {}): Promise<FakeOperations> {
  const operator = await openOperator(info);
  const { activities, calls, told, holds, ...settings } = createFakeActivities(patience);
  const stop = await startWorkers(info, { taskQueue, version, activities, slots, backends });

  return {
    operator,
    taskQueue,
    ...settings,
    calls,
    hold: holds.hold,
    holdStep: holds.holdStep,
    releaseAll: holds.releaseAll,
    stepsOf: (tenantId) => calls.filter((it) => it.input.tenantId === tenantId).map((it) => it.activity),
    callsOf: (tenantId, activity) => calls.filter((it) => it.activity === activity && it.input.tenantId === tenantId),
    outcomeOf: (tenantId) =>
      operator.client.workflow
        .getHandle(workflowIdOf(tenantId))
        .result()
        .then(String, (error: unknown) =>
          error instanceof WorkflowFailedError ? String(error.cause?.message) : String(error),
        ),
    start: async (kind, { interrupts = [], begun, backend = null, slow } = {}) => {
      const tenantId = randomUUID();
      told.set(tenantId, {
        ...(isStatusOperation(kind) ? { kind } : {}),
        ...(begun === undefined ? {} : { begun }),
        ...(slow === undefined ? {} : { slow: { step: slow.step, leftMs: [...slow.attemptsMs] } }),
      });
      const ids = { operationId: randomUUID(), tenantId, tenantName: newName('f') };
      await operator.client.workflow.start(
        OPERATIONS[kind].workflow,
        operationStartOptions({ ...ids, kind, requestedBy: 'a test', interrupts, backend }, taskQueue),
      );
      return tenantId;
    },
    close: async () => {
      await stop();
      await operator.close();
    },
  };
}

/** One worker for workflows and records and one for each backend, as in the product. Returns how to stop them. */
async function startWorkers(
  { temporal: { address, namespace } }: StackInfo,
  {
    taskQueue,
    version,
    activities,
    slots,
    backends,
  }: {
    taskQueue: string;
    version: WorkerDeploymentVersion | undefined;
    activities: object;
    slots: number;
    backends: readonly BackendKind[];
  },
): Promise<() => Promise<void>> {
  const connection = await NativeConnection.connect({ address });
  await registerSearchAttributes(connection, namespace);
  const versioning = deploymentOptionsOf({
    TEMPORAL_WORKER_DEPLOYMENT: version?.deploymentName,
    TEMPORAL_WORKER_BUILD_ID: version?.buildId,
  });
  const common = { connection, namespace, activities, maxConcurrentActivityTaskExecutions: slots, ...versioning };
  const workers = await Promise.all([
    Worker.create({
      ...common,
      taskQueue,
      workflowBundle: await bundleOf(path.join(projectRoot(), 'workflows'), registeredBy(version !== undefined)),
      stickyQueueScheduleToStartTimeout: '1 second',
    }),
    ...backends.map((kind) => Worker.create({ ...common, taskQueue: backendQueueOf(taskQueue, kind) })),
  ]);
  const running = Promise.all(workers.map((it) => it.run()));
  return async () => {
    for (const it of workers) it.shutdown();
    await running;
    await connection.close();
  };
}
