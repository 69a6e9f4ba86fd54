import { buildVersion } from '@freeflow/lib/version';
import type { WorkerOptions } from '@temporalio/worker';
import type { WorkerConfig } from './config';

/**
 * How the workers of this process are versioned; nothing where they are not. An operation stays with the build that
 * began it: it ends within minutes, or is parked, and goes on with the current build in a new run
 * (workflows/renewal.ts). Workflows of which something else is true say so themselves (workflows/versioned.ts).
 */
export function deploymentOptionsOf({
  TEMPORAL_WORKER_DEPLOYMENT: deploymentName,
  TEMPORAL_WORKER_BUILD_ID: buildId = buildVersion(),
}: Pick<WorkerConfig, 'TEMPORAL_WORKER_DEPLOYMENT' | 'TEMPORAL_WORKER_BUILD_ID'>): Pick<
  WorkerOptions,
  'workerDeploymentOptions'
> {
  if (deploymentName === undefined) return {};
  return {
    workerDeploymentOptions: {
      version: { deploymentName, buildId },
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'PINNED',
    },
  };
}
