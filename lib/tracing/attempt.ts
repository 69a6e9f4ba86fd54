import type { OperationTrace } from '@freeflow/contract';
import { context, SpanStatusCode, trace } from '@opentelemetry/api';
import { ATTRIBUTES } from './attributes';
import { atBackend } from './calls';
import { attributesOf, contextOfOperation } from './operation';
import { tracer } from './tracer';

/** One attempt of one step. */
export interface TracedAttempt {
  tenantId: string;
  operationId: string;
  step: string;
  attempt: number;
  /** Where it works. */
  backend: string;
  trace?: OperationTrace | undefined;
}

/** How an attempt has ended, to be told once; `failure`: the type of its failure. */
export type AttemptEnded = (outcome: string, failure?: string | null) => void;

/** Traces an attempt, below its operation, and whatever is called in it. */
export async function traceAttempt<T>(attempt: TracedAttempt, work: (ended: AttemptEnded) => Promise<T>): Promise<T> {
  const { operationId, backend, step, trace: of } = attempt;
  const operation = of && contextOfOperation({ operationId, traceparent: of.traceparent });
  if (of === undefined || operation === undefined) return work(() => undefined);
  const within = atBackend(operation, backend);
  const span = tracer.startSpan(
    step,
    {
      attributes: {
        ...attributesOf({ ...attempt, kind: of.kind }),
        [ATTRIBUTES.step]: step,
        [ATTRIBUTES.backend]: backend,
        [ATTRIBUTES.attempt]: attempt.attempt,
      },
    },
    within,
  );
  const ended: AttemptEnded = (outcome, failure) => {
    span.setAttribute(ATTRIBUTES.outcome, outcome);
    if (outcome === 'failure')
      span.setAttribute('error.type', failure ?? 'unexpected').setStatus({ code: SpanStatusCode.ERROR });
  };
  try {
    return await context.with(trace.setSpan(within, span), () => work(ended));
  } finally {
    span.end();
  }
}
