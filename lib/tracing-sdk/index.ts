// What a process that traces starts. Apart from lib/tracing/, so that the command line is bundled without it.
export { startTracing, type Tracing } from './start-tracing';
