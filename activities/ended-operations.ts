import type { EndedState } from '@freeflow/contract';
import type { TenantOperation } from '@freeflow/db-master';
import { count, observe } from '@freeflow/lib/metrics';
import { recordOperation } from '@freeflow/lib/tracing';

/** An operation that a transaction ends. */
export interface EndedOperation {
  operation: Pick<TenantOperation, 'id' | 'tenantId' | 'kind' | 'createdAt' | 'traceparent'>;
  outcome: EndedState;
  at: Date;
}

/** Counts and traces what has ended, once that is committed. */
export function reportEnded(ended: readonly EndedOperation[]): void {
  for (const { operation, outcome, at } of ended) {
    const { id: operationId, kind, createdAt } = operation;
    const labels = { kind, outcome };
    count('freeflow_operations_ended_total', labels);
    // A clock that was set back makes no time negative.
    const seconds = Math.max(0, at.getTime() - createdAt.getTime()) / 1_000;
    observe('freeflow_operation_duration_seconds', labels, seconds);
    recordOperation({ ...operation, operationId }, createdAt, at, outcome);
  }
}
