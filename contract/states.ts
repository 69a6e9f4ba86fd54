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

/** Where an operation leads when it succeeds: a status, or everything gone. */
export const OPERATION_GOALS = ['active', 'suspended', 'deleted', 'gone'] as const;
export type OperationGoal = (typeof OPERATION_GOALS)[number];

/** How a tenant can stand while nothing is in progress: its status; gone; or registered without ever having been provisioned. */
export const TENANT_SITUATIONS = [...TENANT_STATUSES, 'gone', 'registered'] as const;
export type TenantSituation = (typeof TENANT_SITUATIONS)[number];
