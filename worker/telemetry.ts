import { subscribe } from 'node:diagnostics_channel';
import { count, measureProcess } from '@freeflow/lib/metrics';
import { TOKEN_CHANNEL, type TokenRequested } from '@freeflow/lib/oauth';
import { DefaultLogger, Runtime, type LogEntry } from '@temporalio/worker';
import pino, { type Logger } from 'pino';
import { toLogFields } from './log-fields';

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/**
 * One logger for everything in the process, the SDK's own messages included, and what is measured. To be called before
 * any other SDK call.
 * @param sdkMetricsAddress where the SDK serves what it measures itself; left out, it doesn't
 */
export function startTelemetry(level: Level, sdkMetricsAddress?: string): Logger {
  measureProcess('worker');
  subscribe(TOKEN_CHANNEL, (message) =>
    count('freeflow_tokens_renewed_total', { outcome: (message as TokenRequested).outcome }),
  );
  const logger = pino({ name: 'worker', level });
  const write = ({ level: entryLevel, message, meta }: LogEntry) =>
    logger[entryLevel.toLowerCase() as Level](toLogFields(meta ?? {}), message);
  Runtime.install({
    logger: new DefaultLogger(level.toUpperCase() as Uppercase<Level>, write),
    // Signals are the process's own business.
    shutdownSignals: [],
    telemetryOptions: {
      logging: { filter: { core: 'WARN', other: 'WARN' }, forward: {} },
      ...(sdkMetricsAddress === undefined ? {} : { metrics: sdkMetrics(sdkMetricsAddress) }),
    },
  });
  return logger;
}

/** Names and units as Prometheus wants them. */
const sdkMetrics = (bindAddress: string) => ({
  prometheus: { bindAddress, countersTotalSuffix: true, unitSuffix: true, useSecondsForDurations: true },
});
