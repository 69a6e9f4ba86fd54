import type { Begun } from '../activities/tenant-record';
import { Desk } from './desk';
import type { OperationInput } from './messages';
import { Saga } from './saga';
import { record } from './steps';

export type Go = Extract<Begun, { verdict: 'go' }>;

/** An operation that has begun: what it is to do, the saga that does it, the desk where operators see and answer it. */
export interface Run {
  input: OperationInput;
  begun: Go;
  saga: Saga;
  desk: Desk;
  /** To be called when the way forward is left. */
  turnsRound: () => void;
}

/** Every runbook's first step; answers with a sentence where there is nothing to do. */
export async function begin(input: OperationInput): Promise<Run | string> {
  const begun = await record.begin(input);
  if (begun.verdict !== 'go') return begun.reason;

  let isUndoing = begun.givenUp !== undefined;
  const desk = new Desk(begun.tenantName, begun.kind, begun.searchAttributes);
  // One after the other, each with what is parked by then: two that park at a time must not tell of it in the wrong order.
  let telling = Promise.resolve();
  const tell = (): Promise<void> => (telling = telling.then(() => {
    const steps = [...saga.waiting].flatMap(([step, { cause, advice, park }]) => (park === undefined ? [] : [{ step, cause, advice }]));
    return steps.length === 0 ? record.unpark({ ...input, isUndoing }) : record.park({ ...input, steps });
  }));
  const saga: Saga = new Saga(begun.patience, { done: (step) => desk.tick(step), changed: () => desk.show(saga), parkedChanged: tell });
  desk.serve(saga);
  return { input, begun, saga, desk, turnsRound: () => (isUndoing = true) };
}
