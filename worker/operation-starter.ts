import { interruptedBy } from '@freeflow/contract';
import type { RunClient } from '@freeflow/lib/temporal';
import type { StartOperation } from '../activities/sweep';

/** How sweep and reconciler start an operation that has no run. */
export function operationStarter(runs: RunClient): StartOperation {
  return async ({ id, tenantId, tenantName, kind, requestedBy, force, backend, traceparent }) => {
    const interrupts = interruptedBy(kind, force);
    const operation = { operationId: id, tenantId, tenantName, kind, requestedBy, interrupts, backend, traceparent };
    return (await runs.startOperation(operation)) === 'started' ? 'started' : 'running';
  };
}
