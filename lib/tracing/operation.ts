import type { AcceptedOperation, EndedState } from '@freeflow/contract';
import { context, ROOT_CONTEXT, SpanStatusCode, trace, type Attributes, type Context } from '@opentelemetry/api';
import { ATTRIBUTES } from './attributes';
import { withSpanId } from './span-id';
import { spanContextOf } from './traceparent';
import { tracer } from './tracer';

/** An operation, as far as its spans need to know it. */
type TracedOperation = Pick<AcceptedOperation, 'tenantId' | 'operationId' | 'kind' | 'traceparent'>;

export const attributesOf = ({ tenantId, operationId, kind }: Omit<TracedOperation, 'traceparent'>): Attributes => ({
  [ATTRIBUTES.tenantId]: tenantId,
  [ATTRIBUTES.operationId]: operationId,
  [ATTRIBUTES.operationKind]: kind,
});

/**
 * An operation lasts longer than any process, and its steps are done before it is over. So its span has an id that each
 * process can work out, and who records its end adds it.
 */
const spanIdOf = (operationId: string): string => operationId.replaceAll('-', '').slice(0, 16);

/** Within it is what an operation does; undefined where that is not traced. */
export function contextOfOperation({
  operationId,
  traceparent,
}: Omit<TracedOperation, 'tenantId' | 'kind'>): Context | undefined {
  const request = spanContextOf(traceparent);
  return request && trace.setSpanContext(ROOT_CONTEXT, { ...request, spanId: spanIdOf(operationId), isRemote: true });
}

/** Adds the span of an operation that has ended, from its acceptance on, below that of its request. */
export function recordOperation(operation: TracedOperation, from: Date, to: Date, outcome: EndedState): void {
  const { operationId, kind, traceparent } = operation;
  const request = spanContextOf(traceparent);
  if (request === undefined) return;
  const attributes = { ...attributesOf(operation), [ATTRIBUTES.outcome]: outcome };
  const within = trace.setSpanContext(ROOT_CONTEXT, request);
  const span = withSpanId(spanIdOf(operationId), () =>
    tracer.startSpan(`operation ${kind}`, { startTime: from, attributes }, within),
  );
  if (outcome !== 'done') span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(to);
}

/** Traces how the run of an operation is started, by whomever and whenever, below its request. */
export async function traceStart<T extends string>(operation: TracedOperation, start: () => Promise<T>): Promise<T> {
  const request = spanContextOf(operation.traceparent);
  if (request === undefined) return start();
  const within = trace.setSpanContext(ROOT_CONTEXT, request);
  const span = tracer.startSpan(`start ${operation.kind}`, { attributes: attributesOf(operation) }, within);
  try {
    const outcome = await context.with(trace.setSpan(within, span), start);
    span.setAttribute(ATTRIBUTES.outcome, outcome);
    return outcome;
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}

/** Links what is going on to the trace of an operation that it is about, but not for. */
export function linkToOperation(traceparent: string | null): void {
  const request = spanContextOf(traceparent);
  if (request !== undefined) trace.getActiveSpan()?.addLink({ context: request });
}
