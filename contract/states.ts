export const TENANT_STATUSES = ['provisioning', 'active', 'suspended', 'deleting', 'deleted'] as const;
export type TenantStatus = (typeof TENANT_STATUSES)[number];

export const OPERATION_STATES = [
  'requested',
  'running',
  'parked',
  'undoing',
  'done',
  'rolled_back',
  'refused',
  'incomplete',
] as const;
export type OperationState = (typeof OPERATION_STATES)[number];

/** Of a resource in the ledger. */
export const RESOURCE_STATES = ['intended', 'present', 'disabled', 'absent', 'abandoned'] as const;
export type ResourceState = (typeof RESOURCE_STATES)[number];

/** Why an operation does not go on: it waits for an answer, has never been started, has lost its run, no worker can carry its run on; or a purge was never asked for. */
export const STUCK_REASONS = ['parked', 'not-started', 'run-gone', 'run-fails', 'overdue-purge'] as const;
export type StuckReason = (typeof STUCK_REASONS)[number];
