import { randomUUID } from 'node:crypto';
import { readStackInfo } from '../../stack/stack-info';
import { openDeployment, type Deployment } from '../support/deployment';
import { openFakeOperations, type FakeOperations } from '../support/fake-operations';
import { TEST_STACK } from '../support/master';
import { openOperator, type Operator } from '../support/temporal';
import { until } from '../support/until';

const info = readStackInfo(TEST_STACK);
const patience = { patienceMs: 0, parkedRetryMs: 500, longestPauseMs: 500 };
/** https://github.com/temporalio/api/blob/master/temporal/api/enums/v1/workflow.proto (VersioningBehavior) */
const AUTO_UPGRADE = 2;

let operator: Operator;
let deployment: Deployment;
let unversioned: FakeOperations;
let versioned: FakeOperations;
beforeAll(async () => {
  operator = await openOperator(info);
  deployment = openDeployment(info, operator, `fake-${randomUUID()}`);
  unversioned = await openFakeOperations({ patience });
});
afterAll(async () => {
  await versioned.close();
  await unversioned.close();
  await operator.close();
});

const startSweep = (taskQueue: string) =>
  operator.client.workflow.start('sweepOperations', { workflowId: `sweep-${randomUUID()}`, args: [], taskQueue });

/** The build that a sweep is with by now, and whether it would go on with another. */
async function versioningOf(handle: Awaited<ReturnType<typeof startSweep>>) {
  const { raw } = await handle.describe();
  const { behavior, deploymentVersion } = raw.workflowExecutionInfo?.versioningInfo ?? {};
  return { behavior, buildId: deploymentVersion?.buildId };
}

/** Starts a sweep and waits until one of these has its activity, which is held there. */
async function holdSweep(at: FakeOperations) {
  const before = at.calls.length;
  const release = at.holdStep('sweep');
  const handle = await startSweep(at.taskQueue);
  await until('it sweeps', async () => at.calls.length > before);
  return { handle, release };
}

test('a sweep that was begun without versions goes on with any build that has one', async () => {
  const { handle, release } = await holdSweep(unversioned);
  versioned = await openFakeOperations({
    patience,
    version: { deploymentName: deployment.name, buildId: 'first' },
    taskQueue: unversioned.taskQueue,
  });
  await deployment.promote('first');
  const ofFirst = { behavior: AUTO_UPGRADE, buildId: 'first' };
  // New sweeps tell when the queue has heard of it; those that come before are held, too.
  const others: (typeof handle)[] = [];
  await until('it gets what is to be done', async () => {
    others.push(await startSweep(versioned.taskQueue));
    return (await Promise.all(others.map(versioningOf))).some((it) => it.buildId === 'first');
  });
  release();
  expect(await handle.result()).toBe('0 operation(s) started');
  expect(await versioningOf(handle)).toEqual(ofFirst);
});

test('a sweep that was begun with a version, and what is parked, go on without one', async () => {
  const { handle, release } = await holdSweep(versioned);
  for (const fake of [unversioned, versioned]) fake.failing.add('qdrant.create');
  const parked = await versioned.start('create');
  await until('it is parked', async () => versioned.callsOf(parked, 'park').length > 0);
  await deployment.leave();
  await until(
    'the parked one has moved',
    async () => unversioned.callsOf(parked, 'continue-operation').length > 0,
    15_000,
  );
  // As if its worker were gone: that one has it in memory, and would be asked first.
  await operator.client.workflowService.resetStickyTaskQueue({
    namespace: info.temporal.namespace,
    execution: { workflowId: handle.workflowId },
  });
  release();
  expect(await handle.result()).toBe('0 operation(s) started');
  expect(await versioningOf(handle)).toEqual({ behavior: 0, buildId: undefined });
  for (const fake of [unversioned, versioned]) fake.failing.clear();
  expect(await unversioned.outcomeOf(parked)).toBe('fake is active');
  expect(await deployment.buildsOf(parked)).toEqual(['first', undefined]);
});
