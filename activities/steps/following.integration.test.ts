import { MockActivityEnvironment } from '@temporalio/testing';
import { BackendFault } from '../../backends/failures';
import { openActivityHarness, type ActivityHarness } from '../../test/support/activity-harness';
import { currentAttempt, runAttempt } from '../attempt';
import { runFollowing } from './following';

let harness: ActivityHarness;
beforeAll(async () => {
  harness = await openActivityHarness();
});
afterAll(() => harness.close());

type NewTenant = Awaited<ReturnType<ActivityHarness['newTenant']>>;

type Part = (environment: MockActivityEnvironment) => Promise<string>;

/** An activity that creates, then probes; `create` and `probe` may fail, or never return as when their worker dies. */
function runActivity(
  tenant: NewTenant,
  attempt: number,
  { create = async () => 'made', probe = async () => 'probed' }: Partial<Record<'create' | 'probe', Part>>,
): Promise<unknown> {
  const environment = new MockActivityEnvironment({
    activityId: '1',
    startToCloseTimeoutMs: 600_000,
    attempt,
    currentAttemptScheduledTimestampMs: Date.now(),
    workflowExecution: { workflowId: `tenant-${tenant.tenantId}`, runId: tenant.runId },
  });
  return environment.run(async () => {
    const startedAt = performance.now();
    const done = currentAttempt('qdrant.create', tenant);
    await runAttempt(harness.db, done, tenant, () => create(environment));
    return runFollowing(harness.db, done, tenant, [{ step: 'qdrant.probe', run: () => probe(environment) }], startedAt);
  });
}

const logOf = async ({ tenantId }: NewTenant) =>
  (await harness.db.tenantProvisionLog.findMany({ where: { tenantId }, orderBy: { seq: 'asc' } })).map(
    ({ step, attempt, message }) => `${step} ${attempt} ${message}`,
  );
const fails = () => Promise.reject(new BackendFault('unreachable', 'Qdrant: no answer'));
const LOST = 'lost: the worker ended or was cut off before it could report';

/** The worker dies in the middle of it. */
async function dies(run: (never: () => Promise<string>) => Promise<unknown>): Promise<void> {
  await new Promise<void>((resolve) => {
    void run(() => {
      resolve();
      return new Promise<string>(() => undefined);
    });
  });
}

test('the step that follows is done along with it, and has a row of its own', async () => {
  const tenant = await harness.newTenant();
  expect(await runActivity(tenant, 1, {})).toEqual(['qdrant.probe']);
  expect(await logOf(tenant)).toEqual(['qdrant.create 1 made', 'qdrant.probe 1 probed']);
});

test('where it fails, its cause is shown and the step before it stays done', async () => {
  const tenant = await harness.newTenant();
  expect(await runActivity(tenant, 1, { probe: fails })).toEqual([]);
  expect(await logOf(tenant)).toEqual(['qdrant.create 1 made', 'qdrant.probe 1 unreachable: Qdrant: no answer']);
  expect(await harness.db.tenantOperation.findUnique({ where: { id: tenant.operationId } })).toMatchObject({
    step: 'qdrant.probe',
    cause: 'Qdrant: no answer',
    attempts: 1,
  });
});

test('where the first one fails, the next is not tried', async () => {
  const tenant = await harness.newTenant();
  await expect(runActivity(tenant, 1, { create: fails })).rejects.toMatchObject({ type: 'unreachable' });
  expect(await logOf(tenant)).toEqual(['qdrant.create 1 unreachable: Qdrant: no answer']);
});

test('where the activity is cancelled meanwhile, it goes on no further', async () => {
  const tenant = await harness.newTenant();
  const create = async (environment: MockActivityEnvironment) => {
    environment.cancel();
    return 'made';
  };
  expect(await runActivity(tenant, 1, { create })).toEqual([]);
  expect(await logOf(tenant)).toEqual(['qdrant.create 1 made']);
});

test('an attempt that was lost is recorded at the step that its worker died in', async () => {
  const tenant = await harness.newTenant();
  await dies((create) => runActivity(tenant, 1, { create }));
  await dies((probe) => runActivity(tenant, 2, { probe }));
  await dies((probe) => runActivity(tenant, 3, { probe }));
  expect(await runActivity(tenant, 4, {})).toEqual(['qdrant.probe']);
  expect(await logOf(tenant)).toEqual([
    `qdrant.create 1 ${LOST}`,
    'qdrant.create 2 made',
    'qdrant.create 3 made',
    `qdrant.probe 1 ${LOST}`,
    'qdrant.create 4 made',
    `qdrant.probe 2 ${LOST}`,
    'qdrant.probe 3 probed',
  ]);
});
