import type { Prisma } from './generated/client';

/** The roles of the two processes that use the master database. Several master databases on one server share them. */
export const MASTER_ROLES = { api: 'freeflow_api', worker: 'freeflow_worker' } as const;

/** Who uses the master database. */
export type MasterRole = keyof typeof MASTER_ROLES;

/** A table of the master database: the rights on each are a decision. */
export type MasterTable = Prisma.ModelName;

/** A right on a table. */
export type TablePrivilege = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE';

type TableGrants = Readonly<Record<MasterTable, readonly TablePrivilege[]>>;

type ColumnGrants = Readonly<Partial<Record<MasterTable, readonly string[]>>>;

const WRITE: readonly TablePrivilege[] = ['SELECT', 'INSERT', 'UPDATE'];

/**
 * Who may do what; everything not named here, and in {@link UPDATED_COLUMNS}, is refused. The API accepts (inserts) and
 * reads: an intruder there can neither change what happened nor read a secret. Only a tenant's connections and secrets,
 * what leaves the pool, and old reports, are ever deleted by right; what is kept for a time goes by functions of the
 * owner, and the rest stays for audit.
 */
export const MASTER_GRANTS: Readonly<Record<MasterRole, TableGrants>> = {
  api: {
    Tenant: ['SELECT', 'INSERT'],
    TenantProvisionLog: ['SELECT'],
    TenantConnection: ['SELECT'],
    TenantOperation: ['SELECT', 'INSERT'],
    TenantResource: ['SELECT'],
    TenantSecret: [],
    TenantUsage: ['SELECT'],
    PooledResource: ['SELECT'],
    Installation: [],
    Blueprint: ['SELECT'],
    TenantBlueprintFile: ['SELECT'],
    FleetUpgrade: ['SELECT', 'INSERT'],
    FleetTenant: ['SELECT', 'INSERT'],
    ReconcileReport: ['SELECT'],
    OrphanDrop: ['SELECT'],
    OperationAnswer: ['SELECT', 'INSERT'],
    AuditEvent: ['SELECT', 'INSERT'],
    Event: ['SELECT'],
    SealingKey: ['SELECT'],
    Webhook: ['SELECT', 'INSERT'],
    WebhookSecret: ['INSERT'],
    WebhookReplacement: ['INSERT'],
    WebhookDelivery: ['SELECT', 'INSERT'],
  },
  worker: {
    Tenant: WRITE,
    TenantProvisionLog: WRITE,
    TenantConnection: [...WRITE, 'DELETE'],
    TenantOperation: WRITE,
    TenantResource: WRITE,
    TenantSecret: [...WRITE, 'DELETE'],
    TenantUsage: [...WRITE, 'DELETE'],
    PooledResource: [...WRITE, 'DELETE'],
    Installation: ['SELECT'],
    Blueprint: WRITE,
    TenantBlueprintFile: WRITE,
    FleetUpgrade: WRITE,
    FleetTenant: WRITE,
    ReconcileReport: [...WRITE, 'DELETE'],
    OrphanDrop: WRITE,
    OperationAnswer: [],
    AuditEvent: ['INSERT'],
    Event: ['SELECT'],
    SealingKey: WRITE,
    Webhook: ['SELECT'],
    WebhookSecret: ['SELECT'],
    WebhookReplacement: ['SELECT'],
    WebhookDelivery: WRITE,
  },
};

/**
 * The columns that a role may change in a table where it may change no others: what an administrator sets of a tenant
 * is set by the API, without any run. The right to change one is also what locking a row takes.
 */
export const UPDATED_COLUMNS: Readonly<Record<MasterRole, ColumnGrants>> = {
  api: {
    Tenant: ['displayName', 'externalId', 'labels', 'deletionProtected', 'holdUntil', 'holdReason'],
    // Paused, gone on with, called off, tried again.
    FleetUpgrade: ['state', 'reason', 'forgiven', 'endedAt'],
    FleetTenant: ['state', 'cause', 'putOff', 'notBefore', 'isParked', 'isForgiven', 'changedAt'],
    Webhook: [
      'url',
      'eventTypes',
      'description',
      'state',
      'disabledAt',
      'disabledReason',
      'disabledBy',
      'deletedAt',
      'failingSince',
      'probedAt',
      'cursor',
      'skippedEvents',
    ],
    WebhookDelivery: [
      'isHead',
      'state',
      'attempt',
      'firstFailedAt',
      'nextAttemptAt',
      'checkAt',
      'endedAt',
      'givenUpBy',
    ],
  },
  worker: {
    // Sealed anew by another key.
    WebhookSecret: ['keyId', 'sealed'],
    WebhookReplacement: ['keyId', 'sealed'],
    Webhook: [
      'state',
      'disabledAt',
      'disabledReason',
      'disabledBy',
      'failingSince',
      'failures',
      'probedAt',
      'cursor',
      'skippedEvents',
    ],
  },
};

/**
 * The functions that the worker calls: by nobody else, whatever a server gives PUBLIC. What triggers call needs no
 * right.
 */
export const WORKER_FUNCTIONS = [
  'append_log',
  'record_success',
  'lock_entry_while_held',
  'hold_entry',
  'expire_audit',
  'was_answer_begun',
  'was_reveal_begun',
  'was_reveal_asked',
  'expire_events',
  'expire_operations',
  'expire_webhook_deliveries',
  'expire_deleted_webhooks',
  'expire_undeliverable',
  'expire_tenant_logs',
] as const;
