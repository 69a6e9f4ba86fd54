import { context, propagation, ROOT_CONTEXT, trace, type SpanContext } from '@opentelemetry/api';

/** The last digit of a sampled one is odd: https://www.w3.org/TR/trace-context/#sampled-flag */
const SAMPLED = /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f][13579bdf]$/;

/** What is going on here, in the form by which other processes are told; null where it is not traced. */
export function activeTraceparent(): string | null {
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent ?? null;
}

/** The id of the trace that is kept under it; null where none is. */
export const traceIdOf = (traceparent: string | null | undefined): string | null =>
  SAMPLED.exec(traceparent ?? '')?.[1] ?? null;

/** The span that it names; undefined where it names none, or this process does not trace. */
export const spanContextOf = (traceparent: string | null | undefined): SpanContext | undefined =>
  typeof traceparent === 'string'
    ? trace.getSpanContext(propagation.extract(ROOT_CONTEXT, { traceparent }))
    : undefined;
