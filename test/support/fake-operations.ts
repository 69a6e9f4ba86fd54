import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  BACKEND_KINDS,
  BACKEND_STEP_NAMES,
  backendQueueOf,
  isStatusOperation,
  OPERATIONS,
  RECORD_STEP_NAMES,
  workflowIdOf,
  type BackendKind,
  type OperationKind,
  type RecordStepName,
  type StatusOperationKind,
} from '@freeflow/contract';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { operationStartOptions } from '@freeflow/lib/temporal';
import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { Begun } from '../../activities/begin';
import { projectRoot } from '../../stack/project';
import { readStackInfo } from '../../stack/stack-info';
import { registerSearchAttributes } from '../../worker/search-attributes';
import { newName } from './activity-harness';
import { TEST_STACK } from './master';
import { openOperator, type Operator } from './temporal';
import { bundleOf } from './workflow-bundle';

interface Call {
  activity: string;
  input: Record<string, unknown> & { tenantId: string };
  at: number;
}

/** The real workflows on the real Temporal, with activities that only say whether they were done: what takes weeks takes seconds. */
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
  /** Starts an operation as API and sweep do; gives the tenant's id. `begun`: what its first step finds, besides the ordinary. */
  start(
    kind: OperationKind,
    more?: { interrupts?: boolean; begun?: Partial<Begun>; backend?: BackendKind; slow?: SlowRecord },
  ): Promise<string>;
  /** The names of the steps of a tenant in the order in which they began, each attempt. */
  stepsOf(tenantId: string): string[];
  /** How its run ends: what it returns, or the message of its failure. */
  outcomeOf(tenantId: string): Promise<string>;
  close(): Promise<void>;
}

/** A step in the master database that is slow: every attempt but the last fails after its time. */
interface SlowRecord {
  step: RecordStepName;
  /** How long each attempt takes, the first one first; those after them are quick. */
  attemptsMs: readonly number[];
}

export interface FakeOptions {
  patience?: Partial<Extract<Begun, { verdict: 'go' }>['patience']>;
  /** How many activities of one backend go on at a time. */
  slots?: number;
  /** The stack whose Temporal it is. @default that of the tests */
  info?: StackInfo;
}

export async function openFakeOperations({
  patience,
  slots = 100,
  info = readStackInfo(TEST_STACK),
}: FakeOptions = {}): Promise<FakeOperations> {
  const { temporal: at } = info;
  const taskQueue = `fake-${randomUUID()}`;
  const operator = await openOperator(info);
  const failing = new Set<string>();
  const calls: Call[] = [];
  const kinds = new Map<string, StatusOperationKind>();

  const failingForGood = new Set<string>();
  const returning = new Map<string, unknown>();
  const begun = new Map<string, Partial<Begun>>();
  const heldSteps = new Map<string, Promise<void>>();

  let held = Promise.resolve();
  const releases = new Set<() => void>();
  const newHold = (onRelease: () => void = () => undefined) => {
    let resolve: () => void = () => undefined;
    const promise = new Promise<void>((it) => (resolve = it));
    const release = () => {
      releases.delete(release);
      onRelease();
      resolve();
    };
    releases.add(release);
    return { promise, release };
  };

  const note = (activity: string, input: Call['input']) => void calls.push({ activity, input, at: performance.now() });
  const atBackend = (step: string) => async (input: Call['input']) => {
    note(step, input);
    await whileAlive(Promise.all([held, heldSteps.get(step)]));
    if (failingForGood.has(step))
      throw ApplicationFailure.create({
        type: 'foreign-resource',
        message: `${step} fails for good`,
        nonRetryable: true,
        details: [{ advice: 'Look.' }],
      });
    if (failing.has(step))
      throw ApplicationFailure.create({
        type: 'unreachable',
        message: `${step} fails`,
        details: [{ advice: 'Wait.' }],
      });
    return doFollowing(step, input);
  };
  /** The steps after it that neither fail nor are held are done along with it. */
  const doFollowing = (step: string, input: Call['input']): string[] => {
    const done: string[] = [];
    for (const verb of (input['followedBy'] ?? []) as readonly string[]) {
      const next = step.replace(/[^.]+$/, verb);
      if (cancellationSignal().aborted || [failing, failingForGood, heldSteps].some((it) => it.has(next))) break;
      note(next, input);
      done.push(next);
    }
    return done;
  };
  const slowRecords = new Map<string, { step: string; leftMs: number[] }>();
  const whileSlow = async (step: string, tenantId: string) => {
    const slow = slowRecords.get(tenantId);
    const tookMs = slow?.step === step ? slow.leftMs.shift() : undefined;
    if (tookMs === undefined) return;
    await delay(tookMs);
    if (slow?.leftMs.length !== 0)
      throw ApplicationFailure.create({ type: 'master-database', message: `${step} took too long` });
  };
  const recorded = (step: string) => async (input: Call['input']) => {
    note(step, input);
    await whileSlow(step, input.tenantId);
    return returning.get(step);
  };
  const begin = async (input: Call['input']): Promise<Begun> => {
    note('begin', input);
    await whileSlow('begin', input.tenantId);
    const kind = kinds.get(input.tenantId) ?? 'create';
    const [goal] = OPERATIONS[kind].goals;
    const ordinary: Begun = {
      verdict: 'go',
      tenantName: 'fake',
      kind,
      goal,
      touchesBackends: true,
      patience: { patienceMs: 0, parkedRetryMs: 1, ...patience },
    };
    return { ...ordinary, ...begun.get(input.tenantId) } as Begun;
  };
  returning.set('continue-operation', { isOver: false });
  returning.set('begin-adoption', { tenantName: 'fake', requestedBy: 'a test' });
  const activities = {
    ...Object.fromEntries(BACKEND_STEP_NAMES.map((step) => [step, atBackend(step)])),
    ...Object.fromEntries(RECORD_STEP_NAMES.map((step) => [step, recorded(step)])),
    begin,
  };

  const connection = await NativeConnection.connect({ address: at.address });
  await registerSearchAttributes(connection, at.namespace);
  const common = { connection, namespace: at.namespace, activities, maxConcurrentActivityTaskExecutions: slots };
  const workers = await Promise.all([
    Worker.create({
      ...common,
      taskQueue,
      workflowBundle: await bundleOf(path.join(projectRoot(), 'workflows')),
      stickyQueueScheduleToStartTimeout: '1 second',
    }),
    ...BACKEND_KINDS.map((kind) => Worker.create({ ...common, taskQueue: backendQueueOf(taskQueue, kind) })),
  ]);
  const running = Promise.all(workers.map((it) => it.run()));

  return {
    operator,
    taskQueue,
    failing,
    failingForGood,
    returning,
    calls,
    hold: () => {
      const { promise, release } = newHold();
      held = promise;
      return release;
    },
    holdStep: (step) => {
      const { promise, release } = newHold(() => heldSteps.delete(step));
      heldSteps.set(step, promise);
      return release;
    },
    releaseAll: () => releases.forEach((release) => release()),
    stepsOf: (tenantId) => calls.filter((it) => it.input.tenantId === tenantId).map((it) => it.activity),
    outcomeOf: (tenantId) =>
      operator.client.workflow
        .getHandle(workflowIdOf(tenantId))
        .result()
        .then(String, (error: unknown) =>
          error instanceof WorkflowFailedError ? String(error.cause?.message) : String(error),
        ),
    callsOf: (tenantId, activity) => calls.filter((it) => it.activity === activity && it.input.tenantId === tenantId),
    start: async (kind, { interrupts = false, begun: found, backend = null, slow } = {}) => {
      const tenantId = randomUUID();
      if (slow !== undefined) slowRecords.set(tenantId, { step: slow.step, leftMs: [...slow.attemptsMs] });
      if (isStatusOperation(kind)) kinds.set(tenantId, kind);
      if (found !== undefined) begun.set(tenantId, found);
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
            backend,
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

/** Goes on reporting that the attempt is alive, so that it is not given up for dead while it is held. */
async function whileAlive(held: Promise<unknown>): Promise<void> {
  const reporting = setInterval(() => heartbeat(), 500);
  await held;
  clearInterval(reporting);
}
