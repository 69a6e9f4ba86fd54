// How programs read their configuration.
export { parseDuration } from './duration';
export { ConfigError } from './errors';
export * from './kinds';
export { readConfig, readConfigGroup, variablesSet, type Environment } from './read-config';
export { runProgram } from './run-program';
export { variablesHelp, variablesOf, type Variable } from './table';
export { isPostgresUrl } from './url-forms';
export { VARIABLES } from './variables';
export { VAULT_VARIABLES } from './vault-variables';
