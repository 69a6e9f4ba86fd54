import type { OperationBody, TenantBody } from '@freeflow/contract/http';
import type { AnsweredOne, Batch } from './answer-store';
import { parkOf, type Waiting } from './waiting';

/** What has come of an answer so far. */
export interface Outcome {
  as: 'waits' | 'goes-on' | 'mended' | 'ended' | 'parked-again' | 'refused';
  text: string;
  detail?: string | null;
}

/** @param tenant as the stream of events has it; undefined until something is known */
export function outcomeOf(action: Batch['action'], { waiting, reply }: AnsweredOne, tenant?: TenantBody): Outcome {
  switch (reply.as) {
    case 'queued':
      return { as: 'waits', text: 'waits for its turn' };
    case 'sending':
      return { as: 'waits', text: 'is being sent' };
    case 'refused':
      return { as: 'refused', text: reply.title, detail: reply.detail };
    case 'given': {
      const operation = [tenant?.operation, tenant?.interrupted].find((it) => it?.id === waiting.operation?.id);
      if (tenant === undefined || operation === undefined || operation === null)
        return { as: 'ended', text: 'its operation has ended' };
      return stateOutcome(action, waiting, operation, tenant);
    }
  }
}

function stateOutcome(
  action: Batch['action'],
  { step, park }: Waiting,
  { id, state, parked, cause }: OperationBody,
  { status, goneAt }: TenantBody,
): Outcome {
  switch (state) {
    case 'requested':
      return { as: 'waits', text: 'is about to start' };
    case 'running':
      return { as: 'goes-on', text: 'goes on' };
    case 'undoing':
      return { as: 'goes-on', text: 'is rolled back' };
    case 'parked': {
      const again = parked.find((it) => step === null || it.step === step);
      if (again === undefined) return { as: 'parked-again', text: `waits at ${parked[0]?.step}`, detail: cause };
      if (parkOf(id, again) === park) return { as: 'waits', text: 'was taken' };
      return { as: 'parked-again', text: 'is parked again', detail: again.cause };
    }
    case 'done':
      return { as: 'mended', text: goneAt === null ? `done: ${status}` : 'done: gone' };
    case 'rolled_back':
      // What was aborted is to end so.
      return action === 'abort'
        ? { as: 'mended', text: 'rolled back' }
        : { as: 'ended', text: 'rolled back', detail: cause };
    case 'incomplete':
      return { as: action === 'skip' ? 'mended' : 'ended', text: 'ended; something is left behind' };
    case 'refused':
      return { as: 'ended', text: 'refused', detail: cause };
  }
}

/** `2 parked again, 17 done`: in the order in which one wants to know. */
export function summarise(outcomes: readonly Outcome[]): string {
  const counts = (Object.keys(WORDS) as Outcome['as'][]).flatMap((as) => {
    const count = outcomes.filter((it) => it.as === as).length;
    return count === 0 ? [] : [`${count} ${WORDS[as]}`];
  });
  return counts.join(', ');
}

const WORDS = {
  refused: 'refused',
  'parked-again': 'parked again',
  ended: 'ended',
  waits: 'waiting',
  'goes-on': 'going on',
  mended: 'done',
} as const satisfies Record<Outcome['as'], string>;
