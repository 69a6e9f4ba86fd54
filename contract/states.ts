export const TENANT_STATUSES = ['provisioning', 'active', 'suspended', 'deleting', 'deleted'] as const;
export type TenantStatus = (typeof TENANT_STATUSES)[number];

/** Of an operation in progress: a tenant has one at most. */
export const OPEN_STATES = ['requested', 'running', 'parked', 'undoing'] as const;
/** Of an operation that has ended, for good. */
export const ENDED_STATES = ['done', 'rolled_back', 'refused', 'incomplete'] as const;
export type EndedState = (typeof ENDED_STATES)[number];

export const OPERATION_STATES = [...OPEN_STATES, ...ENDED_STATES] as const;
export type OperationState = (typeof OPERATION_STATES)[number];

/** Whether an operation in this state goes on, or waits for an answer. */
export const isOpenState = (state: OperationState): boolean => OPEN_STATES.some((it) => it === state);

/** Of a resource in the ledger. */
export const RESOURCE_STATES = ['intended', 'present', 'disabled', 'absent', 'abandoned'] as const;
export type ResourceState = (typeof RESOURCE_STATES)[number];

/** Where an operation leads when it succeeds: a status, or everything gone. */
export const OPERATION_GOALS = ['active', 'suspended', 'deleted', 'gone'] as const;
export type OperationGoal = (typeof OPERATION_GOALS)[number];

/**
 * How a tenant can stand while nothing is in progress: its status; gone; or registered without ever having been
 * provisioned.
 */
export const TENANT_SITUATIONS = [...TENANT_STATUSES, 'gone', 'registered'] as const;
export type TenantSituation = (typeof TENANT_SITUATIONS)[number];
