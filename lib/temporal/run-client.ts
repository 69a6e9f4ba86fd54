import {
  WAKE,
  type AcceptedOperation,
  type Answer,
  type BackendKind,
  type DeliveryInput,
  type OrphanOrder,
  type Reconciliation,
  type RevealInput,
} from '@freeflow/contract';
import type { Client } from '@temporalio/client';
import { findAbandonedBuilds } from './abandoned-builds';
import { answerRun, hasAnswered, type AnswerOutcome } from './answers';
import { readBuilds } from './builds';
import { startOperation, startWhenPreviousCloses, type StartOutcome } from './operation-starter';
import { revealByWorker, type RevealAnswer } from './reveal';
import { describeRun, findOpenRuns, hasOpenRun, type Attendance, type RunState } from './run-finder';
import {
  deliveryStartOptions,
  dropStartOptions,
  fleetStartOptions,
  poolStartOptions,
  reconcileStartOptions,
} from './start-options';

/** Milliseconds in which Temporal must answer. */
const START_DEADLINE_MS = 5_000;
const CHECK_DEADLINE_MS = 1_000;

/**
 * Temporal as API and worker see it: starts, signals and describes the runs of one task queue. Every method throws the
 * client library's own error when Temporal doesn't answer in time.
 */
export class RunClient {
  constructor(
    private readonly client: Client,
    private readonly taskQueue: string,
    private readonly attendance: Attendance = {},
  ) {}

  get namespace(): string {
    return this.client.options.namespace;
  }

  /** {@link startOperation}, for as long as the caller waits. */
  startOperation(operation: AcceptedOperation): Promise<StartOutcome> {
    return startOperation(this.client, operation, this.taskQueue);
  }

  /** {@link startWhenPreviousCloses}, within 5 s. */
  startWhenPreviousCloses(operation: AcceptedOperation): Promise<void> {
    return this.within(START_DEADLINE_MS, () => startWhenPreviousCloses(this.client, operation, this.taskQueue));
  }

  /** Starts a reconciliation of its own for each request; returns the id of its run, and of what it reports. */
  startReconciliation(reconciliation: Reconciliation, requestId: string): Promise<string> {
    return this.startRun('reconcile', reconcileStartOptions(reconciliation, requestId, this.taskQueue));
  }

  /** Starts the drop of an orphan, or joins the one in progress; returns the id of its run, and of what it reports. */
  startOrphanDrop(order: OrphanOrder): Promise<string> {
    return this.startRun('dropOrphan', dropStartOptions(order, this.taskQueue));
  }

  /** {@link revealByWorker} */
  reveal(input: RevealInput, id: string): Promise<RevealAnswer> {
    return revealByWorker(this.client, input, id, this.taskQueue);
  }

  /** Starts what keeps the pool of a backend, unless it runs. */
  async startPoolKeeper(backend: BackendKind): Promise<void> {
    await this.startRun('keepPool', poolStartOptions(backend, this.taskQueue));
  }

  /** Starts what upgrades the fleet, unless it runs. */
  async startFleet(id: string): Promise<void> {
    await this.startRun('upgradeFleet', fleetStartOptions(id, this.taskQueue));
  }

  /** The same; and one that runs looks at once, as something was changed of it. */
  async wakeFleet(id: string): Promise<void> {
    const { workflowId } = fleetStartOptions(id, this.taskQueue);
    await this.startFleet(id);
    await this.within(START_DEADLINE_MS, () => this.client.workflow.getHandle(workflowId).signal(WAKE));
  }

  /** Starts a delivery to a webhook, unless it runs. */
  async startDelivery(delivery: DeliveryInput): Promise<void> {
    await this.startRun('deliverWebhook', deliveryStartOptions(delivery, this.taskQueue));
  }

  /** {@link answerRun} */
  answer(tenantId: string, answer: Answer, id: string): Promise<AnswerOutcome> {
    return answerRun(this.client, tenantId, answer, id, this.attendance);
  }

  /** {@link hasAnswered} */
  hasAnswered(tenantId: string, runId: string, id: string): Promise<boolean> {
    return hasAnswered(this.client, tenantId, runId, id);
  }

  /** The state of the tenant's run, of any operation. */
  async stateOfRun(tenantId: string): Promise<RunState> {
    return (await this.within(CHECK_DEADLINE_MS, () => describeRun(this.client, tenantId, this.attendance))).state;
  }

  /** {@link hasOpenRun} */
  hasOpenRun(operation: Pick<AcceptedOperation, 'tenantId' | 'backend'>): Promise<boolean> {
    return hasOpenRun(this.client, operation);
  }

  /** {@link findOpenRuns} */
  findOpenRuns(operations: readonly Pick<AcceptedOperation, 'tenantId' | 'backend'>[]): Promise<ReadonlySet<string>> {
    return findOpenRuns(this.client, operations);
  }

  /** How many runs belong to builds of the worker that have no workers, be it at one queue. */
  async countAbandonedRuns(): Promise<number> {
    const { client, taskQueue } = this;
    const abandoned = await this.within(CHECK_DEADLINE_MS, async () =>
      findAbandonedBuilds(client, taskQueue, await readBuilds(client, taskQueue)),
    );
    return abandoned.reduce((sum, { runs }) => sum + runs, 0);
  }

  /** Whether Temporal answers now; never throws. */
  isUp(): Promise<boolean> {
    return this.within(CHECK_DEADLINE_MS, () => this.client.workflowService.getSystemInfo({})).then(
      () => true,
      () => false,
    );
  }

  private async startRun(type: string, options: Parameters<Client['workflow']['start']>[1]): Promise<string> {
    const handle = await this.within(START_DEADLINE_MS, () => this.client.workflow.start(type, options));
    return handle.firstExecutionRunId;
  }

  private within<T>(deadlineMs: number, call: () => Promise<T>): Promise<T> {
    return this.client.withDeadline(Date.now() + deadlineMs, call);
  }
}
