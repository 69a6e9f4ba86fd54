import { readFileSync } from 'node:fs';
import path from 'node:path';
import { NativeConnection, Worker } from '@temporalio/worker';
import { projectRoot } from '../../stack/project';
import { newName } from '../support/activity-harness';
import { envOf, freeflow } from '../support/freeflow';
import { openTestInstallation, type TestInstallation } from '../support/installation';
import { askFor, operationEnds } from '../support/tenants';
import { until } from '../support/until';
import { bundleOf } from '../support/workflow-bundle';

let installation: TestInstallation;
beforeAll(async () => {
  installation = await openTestInstallation({ worker: false });
});
afterAll(() => installation.close());

/**
 * A worker with a defect, at work until `during` has ended: it does not know the workflow, and fails its task, again
 * and again.
 */
async function besideDefect(during: () => Promise<unknown>): Promise<void> {
  const { codePath } = await bundleOf(path.join(projectRoot(), 'workflows'));
  const code = readFileSync(codePath, 'utf8').replaceAll('provisionTenant', 'provisionNobody');
  const connection = await NativeConnection.connect({ address: installation.info.temporal.address });
  const worker = await Worker.create({
    connection,
    namespace: installation.info.temporal.namespace,
    taskQueue: installation.taskQueue,
    workflowBundle: { code },
  });
  await worker.runUntil(async () => void (await during()));
  await connection.close();
}

const stuck = async () =>
  (await installation.request('GET', '/tenants/stuck')).body['items'] as { id: string; why: string }[];

test('a run whose workflow task fails again and again shows as stuck, and a retry begins it anew', async () => {
  const name = newName('f');
  const id = await askFor(installation, name);
  await besideDefect(() => until('it is stuck', async () => (await stuck()).some((it) => it.id === id)));
  expect(await stuck()).toEqual([
    expect.objectContaining({ id, why: 'run-fails', operation: expect.objectContaining({ state: 'requested' }) }),
  ]);
  const env = envOf(installation);
  expect(await freeflow(['tenants', 'stuck'], env)).toMatchObject({
    code: 3,
    stdout: expect.stringMatching(new RegExp(`^${name} .*its workflow task fails on every worker`, 'm')),
  });

  const first = await installation.operator.client.workflow.getHandle(`tenant-${id}`).describe();
  expect(await freeflow(['tenants', 'retry', '--all'], env)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(new RegExp(`^${name} +retried$`, 'm')),
  });
  // Not before: a sound worker brings the failing run to its end by itself.
  await installation.startWorker();
  expect(await operationEnds(installation, id)).toMatchObject({ status: 'active', operation: { state: 'done' } });
  expect(await stuck()).toEqual([]);
  const { status } = await installation.operator.client.workflow.getHandle(`tenant-${id}`, first.runId).describe();
  expect(status.name).toBe('TERMINATED');
});
