import type { RunState } from '@freeflow/lib/temporal';
import type { TemporalGateway } from '../temporal-gateway';

const CONCURRENCY = 20;
/** Time limit for all requests together, in ms: on-call waits for the answer. */
const TIME_LIMIT_MS = 2_000;
/** One request may fail; after this many, Temporal counts as unavailable. */
const MAX_FAILURES = 3;

/**
 * Fetches the states of tenants' runs from Temporal, in this order, as many as it answers in time. What is missing in
 * the result is unknown.
 */
export async function fetchRunStates(
  temporal: Pick<TemporalGateway, 'stateOfRun'>,
  tenantIds: readonly string[],
): Promise<Map<string, RunState>> {
  const states = new Map<string, RunState>();
  const end = performance.now() + TIME_LIMIT_MS;
  let [next, failures] = [0, 0];
  const work = async (): Promise<void> => {
    while (failures < MAX_FAILURES && performance.now() < end) {
      const id = tenantIds[next++];
      if (id === undefined) return;
      await temporal.stateOfRun(id).then(
        (state) => states.set(id, state),
        () => failures++,
      );
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return states;
}
