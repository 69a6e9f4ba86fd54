import { setWorkflowOptions } from '@temporalio/workflow';

/**
 * Lets a workflow go on with whatever build is current. For those of one activity, which have no order that could
 * change: one that stood still for want of its build's workers would hold up all that come after it under its id. All
 * others stay with the build that began them (worker/deployment.ts).
 */
export const goesOnWithAnyBuild = <Args extends unknown[]>(workflow: (...args: Args) => Promise<unknown>): void =>
  setWorkflowOptions({ versioningBehavior: 'AUTO_UPGRADE' }, workflow);
