// Exactly what is registered: everything exported here becomes a workflow.
export { provisionTenant } from './provision-tenant';
export { suspendTenant, softDeleteTenant } from './cut-access';
export { resumeTenant, restoreTenant } from './give-access';
export { deleteTenant } from './delete-tenant';
export { adoptResource } from './adopt-resource';
export { sweepOperations } from './sweep-operations';
export { reconcile } from './reconcile';
export { dropOrphan } from './drop-orphan';
