// Sessions on PostgreSQL servers, and what their errors mean.
export { CERTIFICATE_CODES, certificateFault } from './certificate-error';
export { isCutConnection } from './cut-connection';
export { IDENTITY_CLASS, LOCK_SESSION, SEALING_CLASS, sealingNumberOf } from './lock-session-name';
export { errorCode } from './error-code';
export { PgError, type PgErrorCode } from './errors';
export { ErrorTolerantClient, type ErrorTolerantClientConfig, type SessionSettings } from './error-tolerant-client';
export { grantReservedConnections, RESERVED_ROLE, usesReservedConnections } from './reserved-connections';
export { retryCollisions } from './retry';
export { scramVerifier } from './scram';
export { databaseOf, describeServer, isMasterUrl, withDatabase } from './server-url';
export { withSession, type SessionOptions } from './session';
export { KEEPALIVES, MASTER_SETTINGS } from './session-bounds';
export { refuseTransactionPooling, sharesSessions } from './session-pooling';
export { sqlStateOf } from './sql-state';
export { stepLockKey } from './step-lock';
