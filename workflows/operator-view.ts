import {
  ANSWER,
  INTERRUPT,
  WAKE,
  interruptedBy,
  isDeletion,
  operationTitle,
  SEARCH_ATTRIBUTES,
  WAITING,
  type Answer,
  type EndedState,
  type OperationKind,
  type StepFailure,
  type TakenAnswer,
} from '@freeflow/contract';
import type { SearchAttributeUpdatePair } from '@temporalio/common';
import {
  ApplicationFailure,
  currentUpdateInfo,
  defineQuery,
  defineSignal,
  defineUpdate,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { parseAnswer, readInterrupter, readInterruption } from './answer-form';
import { giveAnswer, interruptReason, findRefusal } from './answers';
import type { WaitingStep } from './next-move';
import { describeRun } from './run-details';
import type { Saga } from './saga';

export type ViewState = 'running' | 'undoing' | EndedState;

/** Answers a parked step: `temporal workflow update execute --name answer --input '{"action":"retry","by":"me"}'`. */
const answerUpdate = defineUpdate<string[], [unknown]>(ANSWER);
/**
 * The same as a signal, for many at once:
 * `temporal workflow signal --query "StuckStep='keycloak.create'" --name answer ...`.
 */
const answerSignal = defineSignal<[unknown]>(ANSWER);
/** Rolls the operation back, or leaves what it insists on, for another one that has to come before it. */
const interruptSignal = defineSignal<[by: unknown, kind?: unknown]>(INTERRUPT);
const wakeSignal = defineSignal(WAKE);
/** The steps that have failed and are not done yet, by name. */
const waitingQuery = defineQuery<Record<string, WaitingStep>>(WAITING);

export interface OperatorViewOptions {
  /** Those that the server takes; all, where it isn't known. */
  searchAttributes?: readonly string[] | undefined;
  /** What the run before this one has handed on. */
  before?: { rollbackReason?: StepFailure } | undefined;
}

/** What operators see of a run in Temporal's UI, and how they answer it. */
export class OperatorView {
  private state: ViewState;
  private saga: Saga | undefined;
  private rollbackReason: StepFailure | undefined;
  /** What is published, by the name of the attribute. The attributes of the run before this one are this one's. */
  private readonly published: Map<string, string>;
  private readonly searchAttributes: readonly string[] | undefined;
  /** How many signals of each name this run has received. */
  private readonly received = { [ANSWER]: 0, [INTERRUPT]: 0 };

  constructor(
    private readonly tenantName: string,
    private readonly kind: OperationKind,
    { searchAttributes, before }: OperatorViewOptions = {},
  ) {
    this.searchAttributes = searchAttributes;
    this.state = before?.rollbackReason === undefined ? 'running' : 'undoing';
    this.rollbackReason = before?.rollbackReason;
    this.published = new Map(
      workflowInfo()
        .typedSearchAttributes.getAll()
        .map(({ key, value }) => [key.name, JSON.stringify(value)]),
    );
    if (before !== undefined) return;
    this.publish([
      { key: SEARCH_ATTRIBUTES.tenantName, value: tenantName },
      { key: SEARCH_ATTRIBUTES.operationKind, value: kind },
      { key: SEARCH_ATTRIBUTES.operationState, value: this.state },
    ]);
  }

  /** Takes answers, interruptions and queries for this saga from now on. */
  handle(saga: Saga): void {
    this.saga = saga;
    this.describe();
    setHandler(waitingQuery, () => Object.fromEntries(saga.waiting));
    setHandler(
      answerUpdate,
      (given) => {
        const { answer, refusal } = parseAndCheck(saga, given);
        if (answer === undefined || refusal !== undefined) throw refusalFailure(answer?.action, refusal);
        return this.take(saga, answer, `update/${currentUpdateInfo()?.id ?? ''}`);
      },
      {
        validator: (given) => {
          const { answer, refusal } = parseAndCheck(saga, given);
          if (refusal !== undefined) throw refusalFailure(answer?.action, refusal);
        },
      },
    );
    // A signal can't be refused: it has no reply.
    setHandler(answerSignal, (given) => {
      const key = this.nextSignal(ANSWER);
      const { answer, refusal } = parseAndCheck(saga, given);
      if (answer !== undefined && refusal === undefined) this.take(saga, answer, key);
    });
    setHandler(wakeSignal, () => undefined);
    setHandler(interruptSignal, (by, kind) => {
      const key = this.nextSignal(INTERRUPT);
      const interrupter = readInterrupter(by);
      const interruption = readInterruption(kind);
      // What was meant for the run before this one.
      if (!interruptedBy(interruption, isDeletion(interruption)).includes(this.kind)) return;
      // Builds that say nothing of the kind left nothing that they insisted on: their histories go on as they did.
      const isOfOlderBuild = kind === undefined;
      if (isOfOlderBuild ? saga.canRollBack : saga.canBeInterrupted)
        saga.noteAnswer(taken({ action: 'interrupt', by: interrupter }, saga.parkedSteps, key));
      const reason = interruptReason(interrupter, interruption);
      if (isOfOlderBuild) saga.requestRollback(reason);
      else saga.interrupt(reason);
    });
  }

  /**
   * The place of a signal among all of its name, refused ones included: that is the same in every attempt of a workflow
   * task. Whether an update comes before it is not: one whose task was lost with its worker, after an answer was
   * recorded, comes after all signals that have arrived meanwhile.
   */
  private nextSignal(name: keyof typeof this.received): string {
    return `${name}/${++this.received[name]}`;
  }

  /** Gives an answer, and notes that for the audit trail. */
  private take(saga: Saga, answer: Answer, key: string): string[] {
    const steps = giveAnswer(saga, answer);
    saga.noteAnswer(taken(answer, steps, key));
    return steps;
  }

  /** @param reason why it is rolled back */
  setState(state: ViewState, reason?: StepFailure): void {
    this.state = state;
    this.rollbackReason ??= reason;
    this.publish([{ key: SEARCH_ATTRIBUTES.operationState, value: state }]);
    this.describe();
  }

  stepDone(): void {
    this.describe();
  }

  /** Shows which steps are parked now. */
  refresh(): void {
    const parked = this.saga?.parkedSteps ?? [];
    this.publish([
      { key: SEARCH_ATTRIBUTES.operationState, value: parked.length === 0 ? this.state : 'parked' },
      { key: SEARCH_ATTRIBUTES.stuckStep, value: parked.length === 0 ? null : parked },
    ]);
    this.describe();
  }

  /**
   * Each publication is an event of the history: of a step that fails again there is nothing new to publish. An
   * attribute that the server doesn't know, or knows by another type, would fail the workflow task again and again.
   */
  private publish(attributes: SearchAttributeUpdatePair[]): void {
    const known = attributes.filter(({ key: { name } }) => this.searchAttributes?.includes(name) ?? true);
    const changed = known.filter(
      ({ key, value }) => (this.published.get(key.name) ?? 'null') !== JSON.stringify(value),
    );
    for (const { key, value } of changed) this.published.set(key.name, JSON.stringify(value));
    if (changed.length > 0) upsertSearchAttributes(changed);
  }

  private describe(): void {
    const { waiting = new Map<string, WaitingStep>(), done = [], canRollBack = false } = this.saga ?? {};
    const { state, rollbackReason } = this;
    const title = `${operationTitle(this.kind)} ${this.tenantName}`;
    setCurrentDetails(describeRun({ title, state, rollbackReason, waiting: [...waiting], done, canRollBack }));
  }
}

/** @param key how it came to this run, unlike any other */
function taken(
  { action, by, reason, requestId }: Pick<TakenAnswer, 'action' | 'by' | 'reason' | 'requestId'>,
  steps: string[],
  key: string,
): TakenAnswer {
  return {
    key: `${workflowInfo().runId}/${key}`,
    action,
    by,
    steps,
    at: new Date(Date.now()).toISOString(),
    ...(reason === undefined ? {} : { reason }),
    ...(requestId === undefined ? {} : { requestId }),
  };
}

/** Parses a received answer, and checks whether it can be given. */
function parseAndCheck(saga: Saga, given: unknown) {
  const answer = parseAnswer(given);
  if (answer === undefined) return { answer, refusal: 'answer-invalid' } as const;
  // Which operation it works on, a run knows by what it was started with.
  return { answer, refusal: findRefusal(saga, answer, workflowInfo().memo?.['operationId']) };
}

/** The type of the failure is the reason of the refusal. */
const refusalFailure = (action = 'answer', refusal = 'answer-invalid'): ApplicationFailure =>
  ApplicationFailure.nonRetryable(`${action}: ${refusal}`, refusal);
