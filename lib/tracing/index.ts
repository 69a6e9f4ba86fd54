// Traces by OpenTelemetry's API. Until a process has started its SDK (lib/tracing-sdk/), all of it costs next to
// nothing.
export { traceAttempt } from './attempt';
export { beginCall, type EndCall } from './calls';
export { linkToOperation, recordOperation, traceStart } from './operation';
export { RequestSpan } from './request-span';
export { isTracing } from './tracer';
export { activeTraceparent, traceIdOf } from './traceparent';
