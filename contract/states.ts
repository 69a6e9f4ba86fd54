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
