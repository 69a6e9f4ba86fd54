import type { IncomingHttpHeaders } from 'node:http';
import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Context,
  type Span,
} from '@opentelemetry/api';
import { ATTRIBUTES } from './attributes';
import { tracer } from './tracer';

/** What has become of a request. */
interface AnsweredRequest {
  id: string;
  method: string;
  /** The pattern of its route, never its path. */
  route: string;
  status: number;
}

/**
 * The span of a request to the API, a child of its caller's where `traceparent` names one; a malformed one is none.
 * Whether it is kept is the caller's decision then.
 */
export class RequestSpan {
  private readonly span: Span;
  private readonly within: Context;

  constructor(headers: IncomingHttpHeaders) {
    const caller = propagation.extract(ROOT_CONTEXT, headers);
    this.span = tracer.startSpan('request', { kind: SpanKind.SERVER }, caller);
    this.within = trace.setSpan(caller, this.span);
  }

  /** The id of its trace; undefined where that is not kept. */
  get traceId(): string | undefined {
    const { traceId, traceFlags } = this.span.spanContext();
    return (traceFlags & TraceFlags.SAMPLED) === 0 ? undefined : traceId;
  }

  /** What `next` does, and all that comes of it, is done within the request. */
  enter(next: () => void): void {
    context.with(this.within, next);
  }

  /** Ends it; once more has no effect. */
  end({ id, method, route, status }: AnsweredRequest): void {
    if (!this.span.isRecording()) return;
    this.span.updateName(`${method} ${route}`).setAttributes({
      [ATTRIBUTES.requestId]: id,
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': status,
    });
    if (status >= 500) this.span.setStatus({ code: SpanStatusCode.ERROR });
    this.span.end();
  }
}
