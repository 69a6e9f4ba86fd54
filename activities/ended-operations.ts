import type { EndedState } from '@freeflow/contract';
import type { TenantOperation } from '@freeflow/db-master';
import { count, observe } from '@freeflow/lib/metrics';

/** An operation that a transaction ends. */
export interface EndedOperation {
  operation: Pick<TenantOperation, 'kind' | 'createdAt'>;
  outcome: EndedState;
  at: Date;
}

/** Counts what has ended, once that is committed. */
export function countEnded(ended: readonly EndedOperation[]): void {
  for (const { operation, outcome, at } of ended) {
    const labels = { kind: operation.kind, outcome };
    count('freeflow_operations_ended_total', labels);
    // A clock that was set back makes no time negative.
    const seconds = Math.max(0, at.getTime() - operation.createdAt.getTime()) / 1_000;
    observe('freeflow_operation_duration_seconds', labels, seconds);
  }
}
