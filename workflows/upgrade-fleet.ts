import { WAKE } from '@freeflow/contract';
import { condition, continueAsNew, defineSignal, proxyActivities, setHandler } from '@temporalio/workflow';
import type { Activities } from '../activities';

const { advanceFleet } = proxyActivities<Pick<Activities, 'advanceFleet'>>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '10 seconds',
  // There is nothing to choose: what stands where is in the master database.
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '10 seconds' },
  summary: 'take up the next tenants, and note what has become of the others',
});

/** Of two events and a timer each: after so many a new run goes on, whose history is short again. */
const ROUNDS_PER_RUN = 150;

/** Somebody has changed something of it. */
const wakeSignal = defineSignal(WAKE);

/**
 * Upgrades one tenant after the other, some at a time: each has an operation of its own, under the rules of all
 * operations. The master database knows how far it is, so a run of this does nothing but look again.
 */
export async function upgradeFleet({ id }: { id: string }): Promise<string> {
  let isWoken = false;
  setHandler(wakeSignal, () => {
    isWoken = true;
  });
  for (let rounds = 0; rounds < ROUNDS_PER_RUN; rounds++) {
    isWoken = false;
    const { outcome, pauseMs } = await advanceFleet({ id });
    if (outcome !== undefined) return outcome;
    await condition(() => isWoken, pauseMs);
  }
  return continueAsNew<typeof upgradeFleet>({ id });
}
