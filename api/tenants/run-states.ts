import type { RunState } from '@freeflow/lib/temporal';
import type { TemporalGateway } from '../temporal-gateway';

const AT_A_TIME = 20;
/** All questions together have so long, in ms: who asks is on call. */
const WITHIN_MS = 2_000;
/** One question may fail; after so many Temporal counts as away, and is asked no more. */
const FAILURES = 3;

/** Asks Temporal for the runs of tenants, as many as it answers in time, in this order. What is missing in the result isn't known. */
export async function askForRuns(
  temporal: Pick<TemporalGateway, 'stateOfRun'>,
  tenantIds: readonly string[],
): Promise<Map<string, RunState>> {
  const states = new Map<string, RunState>();
  const end = performance.now() + WITHIN_MS;
  let [next, failures] = [0, 0];
  const ask = async (): Promise<void> => {
    while (failures < FAILURES && performance.now() < end) {
      const id = tenantIds[next++];
      if (id === undefined) return;
      await temporal.stateOfRun(id).then(
        (state) => states.set(id, state),
        () => failures++,
      );
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, ask));
  return states;
}
