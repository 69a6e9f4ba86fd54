import { randomUUID } from 'node:crypto';
import { BACKEND_KINDS, backendQueueOf } from '@freeflow/contract';
import { findAbandonedBuilds, readBuilds, RunClient } from '@freeflow/lib/temporal';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { checkBuilds } from '../../cli/doctor/temporal-builds';
import { readStackInfo } from '../../stack/stack-info';
import { openDeployment, type Deployment } from '../support/deployment';
import { openFakeOperations, type FakeOperations } from '../support/fake-operations';
import { TEST_STACK } from '../support/master';
import { replayNow } from '../support/replay';
import { runsOf } from '../support/runs-seen';
import { openOperator, type Operator } from '../support/temporal';
import { until } from '../support/until';

const info = readStackInfo(TEST_STACK);
/** Ever so often, where in production it is ten minutes to an hour. */
const patience = { patienceMs: 0, parkedRetryMs: 500, longestPauseMs: 500 };

let operator: Operator;
let deployment: Deployment;
let old: FakeOperations;
let next: FakeOperations;
beforeAll(async () => {
  operator = await openOperator(info);
  deployment = openDeployment(info, operator, `fake-${randomUUID()}`);
  old = await openFakeOperations({ patience, version: versionOf('old') });
  await deployment.promote('old');
  next = await openFakeOperations({ patience, version: versionOf('next'), taskQueue: old.taskQueue });
});
afterAll(async () => {
  await next.close();
  await operator.close();
});

/** What goes on with any build. */
const sweepOn = ({ taskQueue }: FakeOperations) =>
  operator.client.workflow.execute<() => Promise<string>>('sweepOperations', {
    taskQueue,
    workflowId: `sweep-${taskQueue}`,
  });

const versionOf = (buildId: string) => ({ deploymentName: deployment.name, buildId });

test('a run ends on the build that began it; a parked one goes on with the next one, and both replay', async () => {
  const goOn = old.holdStep('mongodb.disable');
  const atWork = await old.start('suspend');
  await until('it is at work', async () => old.callsOf(atWork, 'mongodb.disable').length > 0);
  for (const fake of [old, next]) fake.failing.add('qdrant.create');
  const parked = await old.start('create');
  await until('it is parked', async () => old.callsOf(parked, 'park').length > 0);

  await deployment.promote('next');
  await until('the parked one has moved', async () => next.callsOf(parked, 'continue-operation').length > 0);
  await until('it is tried there', async () => next.callsOf(parked, 'qdrant.create').length > 1);
  for (const fake of [old, next]) fake.failing.clear();
  expect(await next.outcomeOf(parked)).toBe('fake is active');
  expect(await deployment.buildsOf(parked)).toEqual(['old', 'next']);
  // What was done before is not done again.
  expect(next.stepsOf(parked).filter((it) => it !== 'qdrant.create')).toEqual([
    'continue-operation',
    'qdrant.apply',
    'qdrant.probe',
    'unpark',
    'activate',
  ]);

  expect(await deployment.openRunsOf('old')).toBe(1);
  expect(await sweepOn(next)).toBe('0 operation(s) started');
  goOn();
  expect(await old.outcomeOf(atWork)).toBe('fake is suspended');
  expect([await deployment.buildsOf(atWork), next.stepsOf(atWork)]).toEqual([['old'], []]);

  const runs = [...(await runsOf(old, parked)), ...(await runsOf(old, atWork))];
  expect(await replayNow(Object.fromEntries(runs.map(({ runId, history }) => [runId, history])))).toEqual([]);
});

test('runs of a build whose workers are gone are told, and a retry can begin them anew', async () => {
  await deployment.rollBackTo('old');
  old.failing.add('qdrant.disable');
  const id = await old.start('suspend');
  await until('it is parked', async () => old.callsOf(id, 'park').length > 0);
  const { client } = operator;
  // In production a minute and more.
  const runs = new RunClient(client, old.taskQueue, { waitMs: 200, aliveMs: 1 });
  const isUp = await readBuilds(client, old.taskQueue);
  expect(isUp.alive).toEqual(new Set([`${deployment.name}:old`, `${deployment.name}:next`]));
  expect(await findAbandonedBuilds(client, old.taskQueue, isUp)).toEqual([]);

  await old.close();
  // It would be known after a minute and a half: till then a worker may poll again.
  const found = await until('its run is found', async () => {
    const abandoned = await findAbandonedBuilds(client, old.taskQueue, await readBuilds(client, old.taskQueue, 1));
    return abandoned.length > 0 && abandoned;
  });
  expect(found).toMatchObject([{ build: `${deployment.name}:old`, runs: 1 }]);
  expect(found[0]?.queues).toContain(old.taskQueue);
  await until('its run counts as unattended', async () => (await runs.stateOfRun(id)) === 'unattended');
  expect(await runs.answer(id, { action: 'retry', by: 'a test' }, 'once')).toBe('no-run');
  expect((await client.workflow.getHandle(`tenant-${id}`).describe()).status.name).toBe('TERMINATED');
});

test('a run whose build has no workers at a backend counts as unattended, though others take its workflow tasks', async () => {
  const name = `fake-${randomUUID()}`;
  const lone = await openFakeOperations({ patience, version: { deploymentName: name, buildId: 'lone' }, backends: [] });
  try {
    await openDeployment(info, operator, name).promote('lone');
    const id = await lone.start('create');
    const runs = new RunClient(operator.client, lone.taskQueue, { waitMs: 200 });
    await until('it counts as unattended', async () => (await runs.stateOfRun(id)) === 'unattended');
    expect(lone.callsOf(id, 'begin')).toHaveLength(1);
    await operator.client.workflow.getHandle(`tenant-${id}`).terminate('the test is over');
  } finally {
    await lone.close();
  }
});

test('a build that has lost only the workers of its backends is told, with the queues that nobody polls for it', async () => {
  const name = `fake-${randomUUID()}`;
  const version = { deploymentName: name, buildId: 'half' };
  const { client } = operator;
  const kept = await openFakeOperations({ patience, version, backends: [] });
  const { taskQueue } = kept;
  const lost = await openFakeOperations({ patience, version, taskQueue });
  try {
    await openDeployment(info, operator, name).promote('half');
    for (const fake of [kept, lost]) fake.failing.add('qdrant.create');
    const id = await lost.start('create');
    const isParked = () => [kept, lost].some((it) => it.callsOf(id, 'park').length > 0);
    await until('it is parked', async () => isParked());
    expect(await findAbandonedBuilds(client, taskQueue, await readBuilds(client, taskQueue))).toEqual([]);
    expect(await checkBuilds(client, taskQueue)).toMatchObject({ status: 'ok' });

    await lost.close();
    const queues = BACKEND_KINDS.map((it) => backendQueueOf(taskQueue, it));
    // In production a minute and a half; those that are kept poll again with each task that they are given.
    const aliveMs = 2_000;
    await until('those queues alone are found', async () => {
      await sweepOn(kept);
      const builds = await readBuilds(client, taskQueue, aliveMs);
      const [found, ...more] = await findAbandonedBuilds(client, taskQueue, builds, aliveMs);
      if (found?.queues.join() !== queues.join() || more.length > 0) return false;
      return found.build === `${name}:half` && found.runs === 1;
    });

    // Others take what is at these queues, and not what is this build's.
    const others = await openFakeOperations({
      patience,
      taskQueue,
      version: { deploymentName: name, buildId: 'other' },
    });
    await sweepOn(kept);
    expect(await checkBuilds(client, taskQueue, aliveMs)).toMatchObject({
      status: 'fail',
      seen: expect.stringContaining(
        `workers of version ${name}:half get what is to be done, and none polls queue ${queues[0]}`,
      ),
    });
    await others.close();
    await client.workflow.getHandle(`tenant-${id}`).terminate('the test is over');
  } finally {
    await kept.close();
  }
});

test('without versions nothing is said of builds to the server', async () => {
  const fake = await openFakeOperations({
    patience: { ...patience, parkedRetryMs: 1, longestPauseMs: 1, eventsPerRun: 50 },
  });
  try {
    fake.failing.add('qdrant.create');
    const id = await fake.start('create');
    await until('it goes on in a new run', async () => fake.callsOf(id, 'continue-operation').length > 0);
    fake.failing.clear();
    expect(await fake.outcomeOf(id)).toBe('fake is active');
    expect(await sweepOn(fake)).toBe('0 operation(s) started');
    const [first] = await runsOf(fake, id);
    expect(first === undefined ? '' : historyToJSON(first.history)).not.toMatch(/VersioningBehavior|deploymentVersion/);
  } finally {
    await fake.close();
  }
});
