import { workflowIdOf, type BackendKind } from '@freeflow/contract';
import type { FaultInjectedInstallation } from './fault-injected-installation';
import { until } from './until';

/** Longer than a test waits for anything: the line is opened again by hand. */
const HELD_MS = 600_000;
/** https://github.com/temporalio/api/blob/master/temporal/api/enums/v1/workflow.proto (PendingActivityState) */
const STARTED = 2;

/**
 * From now on the backend's line takes what it is sent and gives no answer: attempts hang until their own time-outs.
 */
export function holdLine({ proxies }: FaultInjectedInstallation, backend: BackendKind): void {
  proxies[backend].stall(HELD_MS);
  proxies[backend].renew();
}

/**
 * Waits until an attempt of a step is in progress, on a line that is held: between two attempts there is nothing to
 * interrupt.
 */
export async function attemptHangs(
  { operator }: FaultInjectedInstallation,
  tenantId: string,
  step: string,
): Promise<void> {
  const handle = operator.client.workflow.getHandle(workflowIdOf(tenantId));
  await until(`an attempt of ${step} hangs`, async () => {
    const { raw } = await handle.describe();
    return raw.pendingActivities?.some((it) => it.activityType?.name === step && it.state === STARTED);
  });
}

/** Whoever goes on needs a new connection, and gets an answer. */
export function releaseLine({ proxies }: FaultInjectedInstallation, backend: BackendKind): void {
  proxies[backend].stall(0);
  proxies[backend].renew();
}
