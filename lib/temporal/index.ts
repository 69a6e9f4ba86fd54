// Temporal's runs: how they are started, signalled and described. Connections by Temporal's standard variables.
export type { AnswerOutcome } from './answers';
export { createLazyClient, readTemporalConfig, withTemporal, type TemporalConfig } from './connect';
export { TemporalError, type TemporalErrorCode } from './errors';
export type { StartOutcome } from './operation-starter';
export { RunClient } from './run-client';
export type { RunState } from './run-finder';
export { operationStartOptions } from './start-options';
