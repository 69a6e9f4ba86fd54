import {
  BACKEND_KINDS,
  backendQueueOf,
  reconcileIdOf,
  SEARCH_ATTRIBUTES,
  sweepIdOf,
  webhookQueueOf,
} from '@freeflow/contract';
import { readSearchAttributes } from '@freeflow/lib/temporal';
import { isGrpcServiceError, type Client } from '@temporalio/client';
import { type Check, fail, faults, type Finding, type Group, ok } from '../../backends/doctor/check';
import { type SupportedVersions, versionFinding } from '../../backends/doctor/versions';
import type { ProductSetting, ProductValues } from './settings';
import { checkBuilds } from './temporal-builds';
import { checkTemporal } from './temporal-check';
import { checkPollers, QUEUE_TYPES } from './temporal-pollers';
import { checkSchedule } from './temporal-schedule';

export const TEMPORAL_VERSIONS: SupportedVersions = { title: 'Temporal', tested: ['1.32'] };

const check = (
  what: string,
  needs: ProductSetting[],
  work: (client: Client, values: ProductValues) => Promise<Finding>,
  after = ['temporal.connection'],
): Check<ProductSetting> => ({
  name: `temporal.${what}`,
  needs: ['TEMPORAL_ADDRESS', ...needs],
  after,
  run: (values, env) => checkTemporal(values, env, (client) => work(client, values)),
});

/** The server of the workflows, and what the worker keeps there. */
export const TEMPORAL: Group<ProductSetting> = {
  title: 'Temporal',
  checks: [
    check('connection', [], checkConnection, []),
    check('version', [], async ({ workflowService }) =>
      versionFinding(TEMPORAL_VERSIONS, (await workflowService.getSystemInfo({})).serverVersion),
    ),
    check('search-attributes', ['TASK_QUEUE'], checkSearchAttributes),
    check('sweep', ['TASK_QUEUE'], (client, { TASK_QUEUE: queue }) => checkSchedule(client, sweepIdOf(queue))),
    check('reconciler', ['TASK_QUEUE'], (client, { TASK_QUEUE: queue }) => checkSchedule(client, reconcileIdOf(queue))),
    check('workers', ['TASK_QUEUE'], (client, { TASK_QUEUE: queue }) =>
      checkPollers(client, queue, [QUEUE_TYPES.workflows, QUEUE_TYPES.activities]),
    ),
    check('versions', ['TASK_QUEUE'], (client, { TASK_QUEUE: queue }) => checkBuilds(client, queue)),
    ...BACKEND_KINDS.map((kind) =>
      check(`${kind}-workers`, ['TASK_QUEUE'], (client, { TASK_QUEUE: queue }) =>
        checkPollers(client, backendQueueOf(queue, kind), [QUEUE_TYPES.activities]),
      ),
    ),
    check('webhook-workers', ['TASK_QUEUE'], (client, { TASK_QUEUE: queue }) =>
      checkPollers(client, webhookQueueOf(queue), [QUEUE_TYPES.activities]),
    ),
  ],
};

const NOT_FOUND = 5;

async function checkConnection(
  { workflowService, options: { namespace } }: Client,
  { TEMPORAL_ADDRESS: address }: ProductValues,
): Promise<Finding> {
  try {
    await workflowService.describeNamespace({ namespace });
    return ok(`namespace ${namespace} at ${address}`);
  } catch (error) {
    if (!isGrpcServiceError(error) || Number(error.code) !== NOT_FOUND) throw error;
    return fail(
      `there is no namespace ${namespace} at ${address}`,
      'Check TEMPORAL_NAMESPACE, or create it: freeflow setup temporal',
    );
  }
}

async function checkSearchAttributes(client: Client): Promise<Finding> {
  const states = await readSearchAttributes(client);
  const all = Object.values(SEARCH_ATTRIBUTES);
  const wrong = all.flatMap(({ name, type }) => {
    if (states.get(name) === 'missing') return [`${name} is not registered`];
    return states.get(name) === 'other-type' ? [`${name} is not of the type ${type}`] : [];
  });
  const advice = [...states.values()].includes('other-type')
    ? 'Remove what is of another type (temporal operator search-attribute remove), then start a worker: it registers them.'
    : 'Start a worker: it registers them, where the server lets it; else freeflow setup temporal says how.';
  return faults(wrong, advice, all.map(({ name }) => name).join(', '));
}
