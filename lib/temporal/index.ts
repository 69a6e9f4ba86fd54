// Temporal's runs: how they are started, signalled and described. Connections by Temporal's standard variables.
export type { AnswerOutcome } from './answers';
export { findAbandonedBuilds, type AbandonedBuild } from './abandoned-builds';
export { countRunsOf, readBuilds, readStepQueues, type BuildName, type Builds, type QueueBuilds } from './builds';
export { createLazyClient, readTemporalConfig, withTemporal, type TemporalConfig } from './connect';
export { TemporalError, type TemporalErrorCode } from './errors';
export { ensureNamespace, type NamespaceState } from './namespace';
export type { StartOutcome } from './operation-starter';
export { RunClient } from './run-client';
export type { RunState } from './run-finder';
export {
  ensureSearchAttributes,
  readSearchAttributes,
  type SearchAttribute,
  type SearchAttributesState,
} from './search-attributes';
export { operationStartOptions } from './start-options';
