import { DefaultLogger, Runtime, type LogEntry } from '@temporalio/worker';
import pino, { type Logger } from 'pino';

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/**
 * One logger for everything in the process, the SDK's own messages included. To be called before any other SDK call.
 */
export function startTelemetry(level: Level): Logger {
  const logger = pino({ name: 'worker', level });
  const write = ({ level: entryLevel, message, meta }: LogEntry) =>
    logger[entryLevel.toLowerCase() as Level](meta ?? {}, message);
  Runtime.install({
    logger: new DefaultLogger(level.toUpperCase() as Uppercase<Level>, write),
    // Signals are the process's own business.
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'WARN' }, forward: {} } },
  });
  return logger;
}
