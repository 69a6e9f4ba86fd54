// Exactly what is registered: everything exported here becomes a workflow.
export { provisionTenant } from './provision-tenant';
export { deleteTenant } from './delete-tenant';
export { sweepOperations } from './sweep-operations';
