// The light half of the package: the client, the secret store, the names, how configuration is read. Migrating and seeding are programs of their own.
export { accessDifferences } from './access-differences';
export { assertMigrated } from './assert-migrated';
export { CERTIFICATE_CODES, certificateFault } from './certificate-error';
export { createMasterClient, type MasterClientOptions } from './client';
export { readConfig, type Environment } from './config';
export { httpUrl, milliseconds, oneOf, port, someOf, text, wholeNumber } from './config-kinds';
export { variablesOf, type Variable } from './config-table';
export { HeardClient, type HeardClientConfig, type SessionSettings } from './heard-client';
export { isCutConnection } from './cut-connection';
export { DbMasterError, type DbMasterErrorCode } from './errors';
export {
  BackendKind,
  ConnectionService,
  OperationKind,
  OperationState,
  Prisma,
  PrismaClient,
  ResourceState,
  TenantStatus,
  type OperationAnswer,
  type OrphanDrop,
  type ReconcileReport,
  type Tenant,
  type TenantConnection,
  type TenantOperation,
  type TenantProvisionLog,
  type TenantResource,
  type TenantSecret,
} from './generated/client';
export { MASTER_GRANTS, MASTER_ROLES, type MasterRole, type MasterTable, type TablePrivilege } from './master-roles';
export { masterNow } from './master-clock';
export { isSigningKey, SIGNING_KEY_BYTES } from './signing-key';
export { databaseOf, describeServer, isMasterUrl } from './master-url';
export { migrationState, type MigrationState } from './migration-state';
export { retryCollisions } from './pg-retry';
export { grantReservedConnections, RESERVED_ROLE, usesReservedConnections } from './reserved-connections';
export { readSecretKeys, type SecretKey, type SecretKeys } from './secret-keys';
export { refuseTransactionPooling, sharesSessions } from './session-pooling';
export { scramVerifier } from './scram';
export { createSecretStore, resolveSecret, type ExpectedOwner, type ResolveSecretOptions, type SecretEntry, type SecretOwner, type SecretStore, type StoredSecret } from './secret-store';
export { sqlStateOf } from './sql-state';
export { recordTenantEvent } from './tenant-event';
export { isReservedTenantName, RESERVED_TENANT_NAMES, TENANT_NAME_PATTERN, tenantNameOf, tenantNames, type TenantNames } from './tenant-names';
export { isMongoUrl, isPostgresUrl } from './url-forms';
export { VARIABLES } from './variables';
