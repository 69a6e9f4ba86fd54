import { setWorkflowOptions, workflowInfo } from '@temporalio/workflow';

/**
 * Lets a workflow go on with whatever build is current. For those of one activity, which have no order that could
 * change: one that stood still for want of its build's workers would hold up all that come after it under its id. All
 * others stay with the build that began them (worker/deployment.ts). Not where workers have no versions: Temporal
 * refuses each task of a workflow that says more than its worker.
 */
export const goesOnWithAnyBuild = <Args extends unknown[]>(workflow: (...args: Args) => Promise<unknown>): void =>
  setWorkflowOptions(() => (isVersioned() ? { versioningBehavior: 'AUTO_UPGRADE' } : {}), workflow);

/** A worker without version has a build id all the same, of no deployment. */
const isVersioned = (): boolean => (workflowInfo().currentDeploymentVersion?.deploymentName ?? '') !== '';
