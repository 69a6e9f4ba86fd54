import { queueNameOf, WORKER_QUEUES, type WorkerQueue } from '@freeflow/contract';
import { freePort } from '../../stack/ports';
import { newName } from '../support/activity-harness';
import { openTestInstallation, type Running, type TestInstallation } from '../support/installation';
import { askFor, operationEnds } from '../support/tenants';
import { until } from '../support/until';

/** Each queue is polled by one of them; realms are slow, so they are made apart. */
const PARTS: readonly WorkerQueue[][] = [
  ['workflows', 'postgres'],
  ['mongodb', 'qdrant', 'webhooks'],
];

let installation: TestInstallation;
const startWorker = async (queues: readonly WorkerQueue[]): Promise<Running> =>
  installation.startWorker({ WORKER_QUEUES: queues.join(), WORKER_HEALTH_PORT: String(await freePort()) });

beforeAll(async () => {
  installation = await openTestInstallation({ worker: false });
});
afterAll(() => installation.close());

/** The processes that poll a queue, by which Temporal tells workers apart. */
async function pollersOf(queue: WorkerQueue): Promise<number[]> {
  const { workflowService, options } = installation.operator.client;
  const of = (taskQueueType: number) =>
    workflowService.describeTaskQueue({
      namespace: options.namespace,
      taskQueue: { name: queueNameOf(installation.taskQueue, queue) },
      taskQueueType,
    });
  const answers = await Promise.all([of(1), of(2)]);
  const ids = answers.flatMap(({ pollers }) => (pollers ?? []).map(({ identity }) => Number.parseInt(identity ?? '')));
  return [...new Set(ids)];
}

const waitsAt = async (id: string): Promise<string[]> => {
  const { raw } = await installation.operator.client.workflow.getHandle(`tenant-${id}`).describe();
  return (raw.pendingActivities ?? []).map(({ activityType }) => activityType?.name ?? '');
};

test('workers that poll a part of the queues each do the work of one together, and none of what is not theirs', async () => {
  const running = await Promise.all(PARTS.map(startWorker));
  const id = await askFor(installation, newName());
  // Nobody polls its queue: all else is done, and this waits.
  await until('only Keycloak is waited for', async () => (await waitsAt(id)).join() === 'keycloak.create');
  expect(await pollersOf('keycloak')).toEqual([]);

  running.push(await startWorker(['keycloak']));
  expect((await operationEnds(installation, id)).status).toBe('active');
  const polled = [...PARTS, ['keycloak'] as const];
  const byQueue = Object.fromEntries(
    polled.flatMap((queues, at) => queues.map((queue) => [queue, [running[at]?.process.pid]])),
  );
  expect(Object.keys(byQueue).toSorted()).toEqual(WORKER_QUEUES.toSorted());
  expect(Object.fromEntries(await Promise.all(WORKER_QUEUES.map(async (it) => [it, await pollersOf(it)])))).toEqual(
    byQueue,
  );
});
