import { ANSWER, INTERRUPT, RUNBOOK, type Answer, type AnswerRefusal } from '@freeflow/contract';
import type { SearchAttributeUpdatePair } from '@temporalio/common';
import {
  ApplicationFailure,
  defineQuery,
  defineSignal,
  defineUpdate,
  patched,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { GivenUp } from '../activities/tenant-record';
import { parseAnswer, readInterrupter } from './answer-form';
import type { Saga } from './saga';
import { SEARCH_ATTRIBUTES as keys } from './search-attributes';
import type { Waiting } from './waiting';

type State = 'running' | 'undoing' | 'done' | 'rolled_back' | 'refused' | 'incomplete';

/** Answers a parked step: `temporal workflow update execute --name answer --input '{"action":"retry","by":"me"}'`. */
const answerUpdate = defineUpdate<string[], [unknown]>(ANSWER);
/** The same as a signal, for many at once: `temporal workflow signal --query "StuckStep='keycloak.create'" --name answer ...`. */
const answerSignal = defineSignal<[unknown]>(ANSWER);
/** Turns the operation round wherever it is, for a forced deletion. */
const interruptSignal = defineSignal<[by: unknown]>(INTERRUPT);
/** The steps that have failed and are not done yet, by name. */
const waitingQuery = defineQuery<Record<string, Waiting>>('waiting');

export interface DeskOptions {
  /** Those that the server takes; all, where it isn't known. */
  searchAttributes?: readonly string[] | undefined;
  /** Whether only what has changed is published; not in runs that began before it was so. */
  isSparing?: boolean;
  /** What the run before this one has handed on. */
  before?: { givenUp?: GivenUp } | undefined;
}

/** What operators see of a run, and how they answer it. */
export class Desk {
  private state: State;
  private saga: Saga | undefined;
  private why: GivenUp | undefined;
  /** What is published, by the name of the attribute. The attributes of the run before this one are this one's. */
  private readonly published: Map<string, string>;
  private readonly searchAttributes: readonly string[] | undefined;
  private readonly isSparing: boolean;

  constructor(
    private readonly tenantName: string,
    private readonly operationKind: string,
    { searchAttributes, isSparing = false, before }: DeskOptions = {},
  ) {
    this.searchAttributes = searchAttributes;
    this.isSparing = isSparing;
    this.state = before?.givenUp === undefined ? 'running' : 'undoing';
    this.why = before?.givenUp;
    this.published = new Map(
      workflowInfo()
        .typedSearchAttributes.getAll()
        .map(({ key, value }) => [key.name, JSON.stringify(value)]),
    );
    if (before !== undefined) return;
    this.publish([
      { key: keys.tenantName, value: tenantName },
      { key: keys.operationKind, value: operationKind },
      { key: keys.operationState, value: this.state },
    ]);
  }

  serve(saga: Saga): void {
    this.saga = saga;
    this.describe();
    setHandler(waitingQuery, () => Object.fromEntries(saga.waiting));
    setHandler(answerUpdate, (given) => apply(saga, acceptedAnswer(saga, given)), {
      validator: (given) => void acceptedAnswer(saga, given),
    });
    setHandler(answerSignal, (given) => {
      const answer = readSignal(given);
      if (answer !== undefined && refusalOf(saga, answer) === undefined) apply(saga, answer);
    });
    setHandler(interruptSignal, (by) => {
      saga.stop({
        step: 'interrupted',
        cause: `interrupted by a forced deletion (asked for by ${readInterrupter(by)})`,
        advice: 'The deletion goes on by itself.',
      });
    });
  }

  /** @param why the reason of an undo */
  enter(state: State, why?: GivenUp): void {
    this.state = state;
    this.why ??= why;
    this.publish([{ key: keys.operationState, value: state }]);
    this.describe();
  }

  show(saga: Saga): void {
    const parked = saga.parkedSteps;
    this.publish([
      { key: keys.operationState, value: parked.length === 0 ? this.state : 'parked' },
      { key: keys.stuckStep, value: parked.length === 0 ? null : parked },
    ]);
    this.describe();
  }

  /**
   * Each publication is an event of the history: of a step that fails again there is nothing new to publish. An attribute that the
   * server doesn't know, or knows by another type, would fail the workflow task again and again.
   */
  private publish(attributes: SearchAttributeUpdatePair[]): void {
    const known = attributes.filter(({ key: { name } }) => this.searchAttributes?.includes(name) ?? true);
    const changed = known.filter(
      ({ key, value }) => !this.isSparing || (this.published.get(key.name) ?? 'null') !== JSON.stringify(value),
    );
    for (const { key, value } of changed) this.published.set(key.name, JSON.stringify(value));
    if (changed.length > 0) upsertSearchAttributes(changed);
  }

  // Paragraphs and flat lists: the UI shows nested ones in one line.
  describe(): void {
    const { waiting: byStep = new Map<string, Waiting>(), done = [] } = this.saga ?? {};
    const waiting = [...byStep];
    const isParked = waiting.some(([, { park }]) => park !== undefined);
    const answers = this.saga?.isGoingForward === true ? 'retry or abort' : 'retry or skip';
    setCurrentDetails(
      [
        `**${this.operationKind.replace('_', ' ')} ${this.tenantName}**: ${this.state.replace('_', ' ')}${isParked ? `, waits for an answer: ${answers}` : ''}`,
        ...(this.why === undefined ? [] : [`Undone because **${this.why.step}** was given up: ${this.why.cause}`]),
        ...(done.length === 0 ? [] : [`Done: ${done.map((step) => `\`${step}\``).join(', ')}`]),
        ...waiting.map(paragraphOf),
      ].join('\n\n'),
    );
  }
}

function paragraphOf([step, { cause, advice, rounds, failedSince, park }]: [string, Waiting]): string {
  const how =
    park === undefined ? 'is tried again' : `is parked since ${timeOf(park.since)}, and tried again by itself`;
  return [
    `**${step}** ${how}\n`,
    `- Fails since ${timeOf(failedSince)}, round ${rounds}`,
    `- Cause: ${cause}`,
    `- What to do: ${advice}`,
    `- This step: ${RUNBOOK}#${step.replace('.', '-')}`,
  ].join('\n');
}

/** Seconds are enough for people. */
const timeOf = (ms: number): string =>
  new Date(ms)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC');

/** A signal has nobody to refuse it to. Runs that took a malformed one before they were checked go on as they did. */
function readSignal(given: unknown): Answer | undefined {
  const answer = parseAnswer(given);
  return answer !== undefined || patched('answers-are-checked') ? answer : (given as Answer);
}

/** @throws ApplicationFailure whose type says why the answer is refused */
function acceptedAnswer(saga: Saga, given: unknown): Answer {
  const answer = parseAnswer(given);
  const refusal = answer === undefined ? 'answer-invalid' : refusalOf(saga, answer);
  if (answer !== undefined && refusal === undefined) return answer;
  throw ApplicationFailure.nonRetryable(`${answer?.action ?? 'answer'}: ${refusal ?? 'answer-invalid'}`, refusal);
}

function refusalOf(saga: Saga, { action, step, operationId }: Answer): AnswerRefusal | undefined {
  // What an answer is bound to, a run knows by what it was started with.
  if (operationId !== undefined && operationId !== workflowInfo().memo?.['operationId']) return 'operation-changed';
  const candidates = action === 'retry' ? [...saga.waiting.keys()] : saga.parkedSteps;
  if (!candidates.some((name) => step === undefined || step === name)) return 'not-stuck';
  if (action === 'abort' && !saga.isGoingForward) return 'past-point-of-no-return';
  if (action === 'skip' && saga.isGoingForward) return 'not-skippable';
  return undefined;
}

/** Gives the steps that were answered. */
function apply(saga: Saga, answer: Answer): string[] {
  if (answer.action !== 'abort') return saga.answer(answer);
  const steps = saga.parkedSteps;
  const [step = 'aborted'] = steps;
  const cause = saga.waiting.get(step)?.cause ?? 'unknown';
  saga.stop({
    step,
    cause: `aborted by ${answer.by}${answer.reason === undefined ? '' : ` (${answer.reason})`}: ${cause}`,
    advice: 'All of it was undone. Ask for it again when the cause is mended.',
  });
  return steps;
}
