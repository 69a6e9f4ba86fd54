/**
 * What spans have beyond the conventions of OpenTelemetry. No text of a server, and no message: either could hold a
 * secret.
 */
export const ATTRIBUTES = {
  tenantId: 'freeflow.tenant.id',
  operationId: 'freeflow.operation.id',
  operationKind: 'freeflow.operation.kind',
  step: 'freeflow.step',
  backend: 'freeflow.backend',
  attempt: 'freeflow.attempt',
  outcome: 'freeflow.outcome',
  requestId: 'freeflow.request.id',
} as const;
