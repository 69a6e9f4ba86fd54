import { randomUUID } from 'node:crypto';
import path from 'node:path';
import {
  type BackendKind,
  type StatusOperationKind,
  isStatusOperation,
  backendQueueOf,
  OPERATIONS,
  type OperationKind,
} from '@freeflow/contract';
import { operationStartOptions } from '@freeflow/lib/temporal';
import { ApplicationFailure } from '@temporalio/common';
import type { History } from '@temporalio/common/lib/proto-utils';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Worker, type WorkflowBundle } from '@temporalio/worker';
import type { Begun } from '../../activities/tenant-record';
import { projectRoot } from '../../stack/project';
import { readStackInfo } from '../../stack/stack-info';
import { registerSearchAttributes } from '../../worker/search-attributes';
import { newName } from '../support/activity-harness';
import { TEST_STACK } from '../support/master';
import { openOperator, type Operator } from '../support/temporal';

export const KINDS: readonly BackendKind[] = ['postgres', 'mongodb', 'qdrant', 'keycloak'];
const VERBS = ['create', 'probe', 'disable', 'enable', 'drop'] as const;

let bundle: Promise<WorkflowBundle> | undefined;
const theBundle = () =>
  (bundle ??= bundleWorkflowCode({
    workflowsPath: path.join(projectRoot(), 'workflows'),
    logger: new DefaultLogger('ERROR'),
  }));

export interface Call {
  activity: string;
  input: Record<string, unknown> & { tenantId: string };
  at: number;
}

/** The real workflows on the real Temporal, with activities that only say whether they were done: what takes weeks takes seconds. */
export interface FakeOperations {
  operator: Operator;
  taskQueue: string;
  /** Steps that fail, as `qdrant.create`. */
  failing: Set<string>;
  calls: Call[];
  /** Lets no step at a backend end until it is called off. */
  hold(): () => void;
  callsOf(tenantId: string, activity: string): Call[];
  /** Starts an operation as API and sweep do; gives the tenant's id. */
  start(kind: OperationKind, more?: { interrupts?: boolean }): Promise<string>;
  close(): Promise<void>;
}

export interface FakeOptions {
  patience?: Partial<Extract<Begun, { verdict: 'go' }>['patience']>;
  /** How many activities of one backend go on at a time. */
  slots?: number;
}

export async function openFakeOperations({ patience, slots = 100 }: FakeOptions = {}): Promise<FakeOperations> {
  const { temporal: at } = readStackInfo(TEST_STACK);
  const taskQueue = `fake-${randomUUID()}`;
  const operator = await openOperator(readStackInfo(TEST_STACK));
  const failing = new Set<string>();
  const calls: Call[] = [];
  const kinds = new Map<string, StatusOperationKind>();

  let held = Promise.resolve();

  const note = (activity: string, input: Call['input']) => void calls.push({ activity, input, at: performance.now() });
  const atBackend = (step: string) => async (input: Call['input']) => {
    note(step, input);
    await held;
    if (failing.has(step))
      throw ApplicationFailure.create({
        type: 'unreachable',
        message: `${step} fails`,
        details: [{ advice: 'Wait.' }],
      });
  };
  const recorded =
    <T>(step: string, answer: T) =>
    async (input: Call['input']) => (note(step, input), answer);
  const begin = async (input: Call['input']): Promise<Begun> => {
    note('begin', input);
    const kind = kinds.get(input.tenantId) ?? 'create';
    const [goal] = OPERATIONS[kind].goals;
    return {
      verdict: 'go',
      tenantName: 'fake',
      kind,
      goal,
      touchesBackends: true,
      patience: { patienceMs: 0, parkedRetryMs: 1, ...patience },
    };
  };
  const activities = {
    ...Object.fromEntries(
      KINDS.flatMap((kind) => VERBS.map((verb) => [`${kind}.${verb}`, atBackend(`${kind}.${verb}`)])),
    ),
    ...Object.fromEntries(
      [
        'activate',
        'suspend',
        'mark-soft-deleted',
        'park',
        'unpark',
        'start-rollback',
        'restore-status',
        'mark-gone',
      ].map((it) => [it, recorded(it, undefined)]),
    ),
    'continue-operation': recorded('continue-operation', { isOver: false }),
    begin,
  };

  const connection = await NativeConnection.connect({ address: at.address });
  await registerSearchAttributes(connection, at.namespace);
  const common = { connection, namespace: at.namespace, activities, maxConcurrentActivityTaskExecutions: slots };
  const workers = await Promise.all([
    Worker.create({
      ...common,
      taskQueue,
      workflowBundle: await theBundle(),
      stickyQueueScheduleToStartTimeout: '1 second',
    }),
    ...KINDS.map((kind) => Worker.create({ ...common, taskQueue: backendQueueOf(taskQueue, kind) })),
  ]);
  const running = Promise.all(workers.map((it) => it.run()));

  return {
    operator,
    taskQueue,
    failing,
    calls,
    hold: () => {
      let release: () => void = () => undefined;
      held = new Promise<void>((resolve) => (release = resolve));
      return () => release();
    },
    callsOf: (tenantId, activity) => calls.filter((it) => it.activity === activity && it.input.tenantId === tenantId),
    start: async (kind, { interrupts = false } = {}) => {
      const tenantId = randomUUID();
      if (isStatusOperation(kind)) kinds.set(tenantId, kind);
      await operator.client.workflow.start(
        OPERATIONS[kind].workflow,
        operationStartOptions(
          {
            operationId: randomUUID(),
            tenantId,
            kind,
            tenantName: newName('f'),
            requestedBy: 'a test',
            interrupts,
            backend: null,
          },
          taskQueue,
        ),
      );
      return tenantId;
    },
    close: async () => {
      for (const it of workers) it.shutdown();
      await running;
      await connection.close();
      await operator.close();
    },
  };
}

export interface RunSeen {
  runId: string;
  events: number;
  history: History;
}

/** All runs of a tenant's operation, the first one first, with their histories. */
export async function runsOf({ operator }: Pick<FakeOperations, 'operator'>, tenantId: string): Promise<RunSeen[]> {
  const workflowId = `tenant-${tenantId}`;
  const runs: RunSeen[] = [];
  let runId: string | undefined = (await operator.client.workflow.getHandle(workflowId).describe()).runId;
  while (runId !== undefined && runId !== '') {
    const history = await operator.client.workflow.getHandle(workflowId, runId).fetchHistory();
    runs.unshift({ runId, events: history.events?.length ?? 0, history });
    runId = history.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId ?? undefined;
  }
  return runs;
}
