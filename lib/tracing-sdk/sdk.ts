import { context, propagation, trace } from '@opentelemetry/api';
import { parseKeyPairsIntoRecord, setGlobalErrorHandler, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider, RandomIdGenerator } from '@opentelemetry/sdk-trace-node';
import { chosenSpanId } from '../tracing/span-id';
import { watchRequests } from '../tracing/watch-requests';
import type { TracingLog } from './start-tracing';

/** A collector that is away is told of so often, not with each batch. */
const TELL_EVERY_MS = 60_000;

const random = new RandomIdGenerator();
const idGenerator = {
  generateTraceId: random.generateTraceId,
  generateSpanId: () => chosenSpanId() ?? random.generateSpanId(),
};

/** Where traces go, and under which headers (`NAME=VALUE,...`). */
export interface Collector {
  endpoint: string;
  headers: string | undefined;
}

/**
 * Starts OpenTelemetry's SDK, which reads sampler, batching, time-outs and what the process is called from its standard
 * variables.
 * @returns what sends the last spans, and ends it
 */
export function startSdk(service: string, { endpoint, headers }: Collector, log: TracingLog): () => Promise<void> {
  setGlobalErrorHandler(tellSeldom(log));
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/$/, '')}/v1/traces`,
    headers: parseKeyPairsIntoRecord(headers),
  });
  const provider = new NodeTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': service }))
      .merge(detectResources({ detectors: [envDetector] })),
    idGenerator,
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  // Nothing but the trace: what callers add for each other (baggage, tracestate) is none of ours.
  provider.register({ propagator: new W3CTraceContextPropagator() });
  watchRequests();
  return async () => {
    await provider.shutdown();
    for (const it of [trace, context, propagation]) it.disable();
  };
}

function tellSeldom(log: TracingLog): (error: unknown) => void {
  let toldAt = -Infinity;
  return (error) => {
    if (performance.now() - toldAt < TELL_EVERY_MS) return;
    toldAt = performance.now();
    log.warn({ cause: causeOf(error) }, 'traces could not be sent: some are lost, nothing else is affected');
  };
}

/** Several addresses that all refuse have no message of their own. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return error.message === '' && 'code' in error ? String(error.code) : error.message;
}
