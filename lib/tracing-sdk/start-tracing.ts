import { setTimeout as delay } from 'node:timers/promises';
import { setTracing } from '../tracing/tracer';
import type * as Sdk from './sdk';

/** A process that traces, or does not. */
export interface Tracing {
  /** Sends what was not sent yet, as far as that is quick: a process that ends waits for no collector. */
  stop: () => Promise<void>;
}

/** What is read of the environment beyond OpenTelemetry's own variables, which the SDK reads itself. */
interface TracingConfig {
  OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined;
  OTEL_EXPORTER_OTLP_HEADERS?: string | undefined;
}

/** Where trouble with the collector is told. */
export interface TracingLog {
  warn: (fields: { cause: string }, message: string) => void;
}

const FLUSH_WITHIN_MS = 2_000;

/**
 * Starts to trace where there is somewhere to send it; to be called before anything that is to be traced is set up.
 * @param service what it is called where `OTEL_SERVICE_NAME` is not set
 */
export function startTracing(
  service: string,
  { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: headers }: TracingConfig,
  log: TracingLog,
): Tracing {
  if (endpoint === undefined) return { stop: async () => undefined };
  // Some three hundred modules, of which a process that does not trace reads none.
  const { startSdk } = require('./sdk') as typeof Sdk;
  const shutDown = startSdk(service, { endpoint, headers }, log);
  setTracing(true);
  return {
    stop: () => Promise.race([shutDown().catch(() => undefined), delay(FLUSH_WITHIN_MS, undefined, { ref: false })]),
  };
}
