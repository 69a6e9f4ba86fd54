import { type Check, fail, type Finding, type Group, ok, warn } from '../../backends/doctor/check';
import { compareClocks, dateOf } from '../../backends/doctor/clock';
import { call, baseOf, membersOf } from '../../backends/doctor/http';
import { type SupportedVersions, versionFinding } from '../../backends/doctor/versions';
import type { ProductSetting } from './settings';

/** The oldest is that of `engines` in package.json. */
export const NODE: SupportedVersions = {
  title: 'Node',
  tested: ['24'],
  supported: ['26'],
  least: { version: '22.18', why: 'the libraries in use need a newer one' },
};

/** The processes of FreeFlow, and the Node they are meant to run with. */
export const PRODUCT: Group<ProductSetting> = {
  title: 'FreeFlow',
  checks: [
    { name: 'node.version', needs: [], after: [], run: async () => versionFinding(NODE, process.versions.node) },
    {
      name: 'api.ready',
      needs: ['FREEFLOW_API_URL'],
      after: [],
      run: ({ FREEFLOW_API_URL: url }) => checkApi(baseOf(url)),
    },
    clockCheck('api', 'FREEFLOW_API_URL'),
    {
      name: 'worker.ready',
      needs: ['FREEFLOW_WORKER_URL'],
      after: [],
      run: ({ FREEFLOW_WORKER_URL: url }) => checkWorker(baseOf(url)),
    },
    clockCheck('worker', 'FREEFLOW_WORKER_URL'),
  ],
};

function clockCheck(name: string, variable: ProductSetting): Check<ProductSetting> {
  return {
    name: `${name}.clock`,
    needs: [variable],
    after: [`${name}.ready`],
    run: (values) => compareClocks(async () => dateOf(await call(`${baseOf(values[variable])}/health/live`))),
  };
}

async function checkApi(url: string): Promise<Finding> {
  const response = await call(`${url}/health/ready`);
  const { ready, masterDatabase, temporal } = await membersOf(response);
  if (ready === false)
    return fail(
      `not ready: its master database is ${String(masterDatabase)}`,
      "Check the API's MASTER_DATABASE_URL, and whether the database is migrated.",
    );
  if (!response.ok || ready !== true)
    return fail(`${url} answers ${response.status}, and not as the API does`, 'Check FREEFLOW_API_URL.');
  if (temporal !== 'up')
    return warn(
      'ready, but Temporal does not answer it: what it accepts is started later',
      "Check the API's TEMPORAL_ADDRESS.",
    );
  return ok(`ready at ${url}`);
}

async function checkWorker(url: string): Promise<Finding> {
  const response = await call(`${url}/health/ready`);
  const { ready, states, waitingFor } = await membersOf(response);
  if (ready === true) return ok(`polls, at ${url}`);
  if (ready !== false)
    return fail(`${url} answers ${response.status}, and not as the worker does`, 'Check FREEFLOW_WORKER_URL.');
  const why =
    typeof waitingFor === 'string'
      ? `waits for ${waitingFor}`
      : `its pollers are ${Array.isArray(states) ? states.join(', ') : 'not there'}`;
  return fail(`not ready: ${why}`, "Check the worker's log.");
}
