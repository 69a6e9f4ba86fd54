import { workflowIdOf, type BackendKind } from '@freeflow/contract';
import type { FaultInjectedInstallation } from './fault-injected-installation';
import { until } from './until';

/** Longer than a test waits for anything: the line is opened again by hand. */
const HELD_MS = 600_000;

/**
 * Holds the next attempt of a step in the middle: its backend's line takes what it sends and gives no answer.
 * The line was shut before, so that the step has done nothing yet; `releaseLine` lets it go on.
 */
export async function holdAttempt(
  { proxies, operator }: FaultInjectedInstallation,
  backend: BackendKind,
  tenantId: string,
  step: string,
): Promise<void> {
  proxies[backend].stall(HELD_MS);
  proxies[backend].open();
  const handle = operator.client.workflow.getHandle(workflowIdOf(tenantId));
  let seenBefore: string | undefined;
  await until(`an attempt of ${step} hangs`, async () => {
    const { raw } = await handle.describe();
    const pending = raw.pendingActivities?.find((it) => it.activityType?.name === step && it.lastStartedTime);
    const seen = pending && `${pending.activityId}/${pending.attempt}/${String(pending.lastStartedTime?.seconds)}`;
    // One that began before the line was opened ends at once; the same one seen twice is held.
    const isHeld = seen !== undefined && seen === seenBefore;
    seenBefore = seen;
    return isHeld;
  });
}

/** Whoever goes on needs a new connection, and gets an answer. */
export function releaseLine({ proxies }: FaultInjectedInstallation, backend: BackendKind): void {
  proxies[backend].stall(0);
  proxies[backend].renew();
}
