// Traces by OpenTelemetry. Off, all of it costs next to nothing: the SDK is loaded where it is configured, and not
// before.
export { traceAttempt } from './attempt';
export { beginCall, type EndCall } from './calls';
export { linkToOperation, recordOperation, traceStart } from './operation';
export { RequestSpan } from './request-span';
export { startTracing, type Tracing } from './start-tracing';
export { isTracing } from './tracer';
export { activeTraceparent, traceIdOf } from './traceparent';
