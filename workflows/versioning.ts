import { setWorkflowOptions, workflowInfo } from '@temporalio/workflow';

/** Whether workers of a deployment carry this run on. */
export const isVersioned = (): boolean => Boolean(workflowInfo().currentDeploymentVersion?.deploymentName);

/**
 * Lets a workflow go on with whatever build is current. For those of one activity, which have no order that could
 * change: one that stood still for want of its build's workers would hold up all that come after it under its id. All
 * others stay with the build that began them (worker/deployment.ts). Workers of no deployment must not say so: the
 * server rejects their task.
 */
export const goesOnWithAnyBuild = <Args extends unknown[]>(workflow: (...args: Args) => Promise<unknown>): void =>
  setWorkflowOptions(() => (isVersioned() ? { versioningBehavior: 'AUTO_UPGRADE' } : {}), workflow);
