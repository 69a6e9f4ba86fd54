// The light half of the package: the client and what is stored through it. Migrating and seeding are programs of their
// own.
export { accessDifferences } from './access-differences';
export { assertMigrated } from './assert-migrated';
export { auditData, auditText, recordAudit, type AuditRow } from './audit-event';
export { createMasterClient, type MasterClientOptions } from './client';
export { DbMasterError, type DbMasterErrorCode } from './errors';
export { grantAccess } from './grant-access';
export {
  Prisma,
  PrismaClient,
  type AuditEvent,
  type FleetTenant,
  type FleetUpgrade,
  type OperationAnswer,
  type OrphanDrop,
  type PooledResource,
  type ReconcileReport,
  type Tenant,
  type TenantBlueprintFile,
  type TenantConnection,
  type TenantOperation,
  type TenantProvisionLog,
  type TenantResource,
  type TenantUsage,
  type TenantSecret,
  type Webhook,
  type WebhookDelivery,
} from './generated/client';
export { MASTER_GRANTS, MASTER_ROLES, type MasterRole, type MasterTable, type TablePrivilege } from './master-roles';
export { masterNow } from './master-clock';
export { migrationState, type MigrationState } from './migration-state';
export { readerHere } from './reader';
export { resolveSecret, type ResolveSecretOptions } from './resolve-secret';
export { inOneSnapshot } from './snapshot';
export { recordTenantEvent } from './tenant-event';
export {
  addSkipped,
  disableWebhook,
  isMeantFor,
  lockWebhook,
  promoteNext,
  SEALED_IN_USE,
  WAITING_ANEW,
  type LockedWebhook,
} from './webhook-state';
