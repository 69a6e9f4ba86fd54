/** Every operation that can be requested for a tenant. */
export const OPERATION_KINDS = [
  'create',
  'suspend',
  'resume',
  'soft_delete',
  'restore',
  'hard_delete',
  'purge',
  'upgrade',
  'adopt',
  'change_plan',
  'rotate',
  'retire',
] as const;
export type OperationKind = (typeof OPERATION_KINDS)[number];
