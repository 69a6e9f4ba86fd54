// Exactly what is registered: everything exported here becomes a workflow.
export {
  provisionTenant,
  suspendTenant,
  resumeTenant,
  softDeleteTenant,
  restoreTenant,
  changePlan,
  upgradeTenant,
  deleteTenant,
  rotateCredentials,
  retireCredentials,
} from './tenant-operations';
export { adoptResource } from './adopt-resource';
export { sweepOperations } from './sweep-operations';
export { reconcile } from './reconcile';
export { dropOrphan } from './drop-orphan';
export { revealCredentials } from './reveal-credentials';
export { keepPool } from './keep-pool';
export { upgradeFleet } from './upgrade-fleet';
export { deliverWebhook } from './deliver-webhook';
