/**
 * What operators search runs for in Temporal: the name, and the type as the server calls it. The worker registers them
 * at start.
 */
export const SEARCH_ATTRIBUTES = {
  tenantName: { name: 'TenantName', type: 'KEYWORD' },
  operationKind: { name: 'OperationKind', type: 'KEYWORD' },
  operationState: { name: 'OperationState', type: 'KEYWORD' },
  /** The steps that wait for an answer. */
  stuckStep: { name: 'StuckStep', type: 'KEYWORD_LIST' },
} as const;
