import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/** What operators search for in the Temporal UI. The worker registers these at start. */
export const SEARCH_ATTRIBUTES = {
  tenantName: defineSearchAttributeKey('TenantName', SearchAttributeType.KEYWORD),
  operationKind: defineSearchAttributeKey('OperationKind', SearchAttributeType.KEYWORD),
  operationState: defineSearchAttributeKey('OperationState', SearchAttributeType.KEYWORD),
  stuckStep: defineSearchAttributeKey('StuckStep', SearchAttributeType.KEYWORD_LIST),
} as const;
