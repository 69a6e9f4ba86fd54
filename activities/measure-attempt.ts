import { FAILURES, type FailureType } from '@freeflow/contract';
import { count, observe, stepLabelsOf, type AttemptOutcome } from '@freeflow/lib/metrics';

/**
 * Starts to measure an attempt of a step.
 * @param step nothing is measured where there is none, or none of that name
 * @returns what its end is told by, once, with the type of its failure
 */
export function measureAttempt(step: string | undefined): (outcome: AttemptOutcome, failure?: string | null) => void {
  const labels = step === undefined ? undefined : stepLabelsOf(step);
  if (labels === undefined) return () => undefined;
  const startedAt = performance.now();
  return (outcome, failure) => {
    count('freeflow_step_attempts_total', { ...labels, outcome });
    observe('freeflow_step_duration_seconds', { ...labels, outcome }, (performance.now() - startedAt) / 1_000);
    if (outcome === 'failure')
      count('freeflow_step_failures_total', { backend: labels.backend, failure: toType(failure) });
  };
}

/** Only the classes of the contract are labels: text of a server could be anything, and without end. */
const toType = (failure: string | null | undefined): FailureType =>
  typeof failure === 'string' && Object.hasOwn(FAILURES, failure) ? (failure as FailureType) : 'unexpected';
