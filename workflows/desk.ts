import { defineQuery, defineSignal, setCurrentDetails, setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import type { Saga, Waiting } from './saga';
import { SEARCH_ATTRIBUTES as keys } from './search-attributes';

type State = 'running' | 'undoing' | 'done' | 'rolled_back';

/** Ends the pause of a waiting step, or of all: `temporal workflow signal --name retry --input '"keycloak.create"'`. */
export const retrySignal = defineSignal<[step?: string]>('retry');
/** The steps that have failed and are not done yet, by name. */
export const waitingQuery = defineQuery<Record<string, Waiting>>('waiting');

/** What operators see of a run: search attributes, and a page of details in the Temporal UI. */
export class Desk {
  private state: State = 'running';

  constructor(
    private readonly tenantName: string,
    private readonly operationKind: string,
  ) {
    upsertSearchAttributes([
      { key: keys.tenantName, value: tenantName },
      { key: keys.operationKind, value: operationKind },
      { key: keys.operationState, value: this.state },
    ]);
  }

  /** Lets operators look into the saga and answer it. */
  serve(saga: Saga): void {
    setHandler(retrySignal, (step) => saga.retryNow(step));
    setHandler(waitingQuery, () => Object.fromEntries(saga.waiting));
  }

  enter(state: State): void {
    this.state = state;
    upsertSearchAttributes([{ key: keys.operationState, value: state }]);
    setCurrentDetails(`**${this.operationKind} ${this.tenantName}**: ${state.replace('_', ' ')}`);
  }

  show(waiting: ReadonlyMap<string, Waiting>): void {
    upsertSearchAttributes([{ key: keys.stuckStep, value: waiting.size === 0 ? null : [...waiting.keys()] }]);
    const lines = [...waiting].map(([step, { cause, advice, rounds, failedSince }]) =>
      `- **${step}** waits, failing since ${new Date(failedSince).toISOString()} (round ${rounds})\n  - cause: ${cause}\n  - what to do: ${advice}`);
    setCurrentDetails([`**${this.operationKind} ${this.tenantName}**: ${this.state}`, ...lines].join('\n'));
  }
}
