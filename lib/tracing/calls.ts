import {
  context,
  createContextKey,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
} from '@opentelemetry/api';
import { ATTRIBUTES } from './attributes';
import { tracer } from './tracer';

const BACKEND = createContextKey('freeflow.backend');

/** Whatever is called there is called at this backend. */
export const atBackend = (within: Context, backend: string): Context => within.setValue(BACKEND, backend);

/** Ends the span of a call. @param failure the code of an error, never its text */
export type EndCall = (failure?: string, more?: Attributes) => void;

/**
 * Begins the span of a call at a server, a child of what is going on. Where that is not traced, or has ended, there is
 * none: what goes on in the background belongs to nobody's trace.
 * @param name without anything that differs from tenant to tenant
 */
export function beginCall(name: string, attributes: Attributes): EndCall | undefined {
  if (trace.getActiveSpan()?.isRecording() !== true) return undefined;
  const backend = context.active().getValue(BACKEND);
  const span = tracer.startSpan(name, {
    kind: SpanKind.CLIENT,
    attributes: { ...(typeof backend === 'string' ? { [ATTRIBUTES.backend]: backend } : {}), ...attributes },
  });
  return (failure, more = {}) => {
    span.setAttributes(more);
    if (failure !== undefined) span.setAttribute('error.type', failure).setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  };
}
