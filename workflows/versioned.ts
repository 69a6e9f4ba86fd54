import { setWorkflowOptions } from '@temporalio/workflow';
import {
  deliverWebhook,
  dropOrphan,
  keepPool,
  reconcile,
  revealCredentials,
  sweepOperations,
  upgradeFleet,
} from './index';

// What workers with a version register: the same, and which of it goes on with whatever build is current. A bundle of
// its own, since it must follow from the worker at hand: workflow code is told of the worker that made the history, and
// Temporal refuses each task of a workflow that says more, or less, than its worker.
export * from './index';

// Those of one activity have no order that a build could change: one that stood still for want of its build's workers
// would hold up all that come after it under its id. All others stay with the build that began them
// (worker/deployment.ts).
setWorkflowOptions({ versioningBehavior: 'AUTO_UPGRADE' }, sweepOperations);
setWorkflowOptions({ versioningBehavior: 'AUTO_UPGRADE' }, reconcile);
setWorkflowOptions({ versioningBehavior: 'AUTO_UPGRADE' }, dropOrphan);
setWorkflowOptions({ versioningBehavior: 'AUTO_UPGRADE' }, revealCredentials);
setWorkflowOptions({ versioningBehavior: 'AUTO_UPGRADE' }, keepPool);
setWorkflowOptions({ versioningBehavior: 'AUTO_UPGRADE' }, deliverWebhook);
setWorkflowOptions({ versioningBehavior: 'AUTO_UPGRADE' }, upgradeFleet);
