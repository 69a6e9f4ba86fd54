import { FAILURES, type FailureType } from '@freeflow/contract';
import { count, observe, stepLabelsOf, type AttemptOutcome } from '@freeflow/lib/metrics';
import { traceAttempt } from '@freeflow/lib/tracing';
import type { Attempt } from './provision-log';

/** How an attempt has ended, to be told once, with the type of its failure. */
export type AttemptEnded = (outcome: AttemptOutcome, failure?: string | null) => void;

/**
 * Measures an attempt of a step, and traces it with all that is called in it where its operation is traced.
 * @param attempt nothing is observed where there is none
 */
export function observeAttempt<T>(attempt: Attempt | undefined, work: (ended: AttemptEnded) => Promise<T>): Promise<T> {
  const labels = attempt && stepLabelsOf(attempt.step);
  if (attempt === undefined || labels === undefined) return work(() => undefined);
  const startedAt = performance.now();
  return traceAttempt({ ...attempt, backend: labels.backend }, (traced) =>
    work((outcome, failure) => {
      const type = outcome === 'failure' ? toType(failure) : undefined;
      traced(outcome, type);
      count('freeflow_step_attempts_total', { ...labels, outcome });
      observe('freeflow_step_duration_seconds', { ...labels, outcome }, (performance.now() - startedAt) / 1_000);
      if (type !== undefined) count('freeflow_step_failures_total', { backend: labels.backend, failure: type });
    }),
  );
}

/** Only the classes of the contract are labels: text of a server could be anything, and without end. */
const toType = (failure: string | null | undefined): FailureType =>
  typeof failure === 'string' && Object.hasOwn(FAILURES, failure) ? (failure as FailureType) : 'unexpected';
