import { BACKEND_KINDS, BACKENDS, tenantNames } from '@freeflow/contract';
import type { TestInstallation } from '../../test/support/installation';
import { terminateRuns } from '../../test/support/temporal';
import type { Script } from '../script';
import type { ResourceNames } from '../script/server';
import { pooledNames } from './pool';

/**
 * Ends an installation and removes what it has left at the backends. By the script, not by the product: this must work
 * after Ctrl-C, which ends the product's processes too, and after a scenario in which the product has failed.
 * @param living the names of tenants that were not seen to be gone
 * @throws AggregateError with all that could not be removed, once the rest was
 */
export async function removeLeftovers(
  installation: TestInstallation,
  script: Script,
  living: readonly string[],
  stopWorkers: () => Promise<unknown>,
): Promise<void> {
  let pooled: string[] = [];
  const steps = [
    () => terminateRuns(installation.operator, installation.taskQueue),
    stopWorkers,
    async () => (pooled = await pooledNames(installation)),
    () => installation.close(),
    ...living.map((name) => () => script.remove(namesOf(name))),
    async () => {
      for (const name of pooled) await script.removeAt('keycloak', name);
    },
  ];
  const failures: unknown[] = [];
  for (const step of steps) await step().catch((error: unknown) => failures.push(error));
  if (failures.length > 0)
    throw new AggregateError(failures, `not all was removed: ${failures.map(String).join('; ')}`);
}

/** What a tenant's resources are called at each backend. */
function namesOf(name: string): ResourceNames {
  const names = tenantNames(name);
  return Object.fromEntries(BACKEND_KINDS.map((kind) => [kind, names[BACKENDS[kind].nameColumn]])) as ResourceNames;
}
