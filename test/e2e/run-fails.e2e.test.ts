import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { NativeConnection, Worker } from '@temporalio/worker';
import { projectRoot } from '../../stack/project';
import { envOf, freeflow } from '../support/freeflow';
import { openHouse, type House } from '../support/house';
import { askFor, operationEnds } from '../support/tenants';
import { until } from '../support/until';
import { newName } from '../support/workbench';

let house: House;
let scratch: string;
beforeAll(async () => {
  house = await openHouse({ worker: false });
  scratch = mkdtempSync(path.join(projectRoot(), 'workflows', '.scratch-'));
  // What no worker of ours does: an error that is no failure of the workflow's fails its task, again and again.
  writeFileSync(
    path.join(scratch, 'index.ts'),
    "export async function provisionTenant(): Promise<void> { throw new TypeError('a defect'); }\n",
  );
});
afterAll(async () => {
  await house.close();
  rmSync(scratch, { recursive: true });
});

/** A worker with a defect, at work until `during` has ended. */
async function besideDefect(during: () => Promise<unknown>): Promise<void> {
  const connection = await NativeConnection.connect({ address: house.info.temporal.address });
  const worker = await Worker.create({
    connection,
    namespace: house.info.temporal.namespace,
    taskQueue: house.taskQueue,
    workflowsPath: scratch,
  });
  await worker.runUntil(async () => void (await during()));
  await connection.close();
}

const stuck = async () => (await house.request('GET', '/tenants/stuck')).body['items'] as { id: string; why: string }[];

test('a run whose workflow task fails again and again shows as stuck, and a retry begins it anew', async () => {
  const name = newName('f');
  const id = await askFor(house, name);
  await besideDefect(() => until('it is stuck', async () => (await stuck()).some((it) => it.id === id), 150_000));
  expect(await stuck()).toEqual([
    expect.objectContaining({ id, why: 'run-fails', operation: expect.objectContaining({ state: 'requested' }) }),
  ]);
  const env = envOf(house);
  expect(await freeflow(['tenants', 'stuck'], env)).toMatchObject({
    code: 3,
    stdout: expect.stringMatching(new RegExp(`^${name} .*no worker can carry its run on`, 'm')),
  });

  await house.startWorker();
  const first = await house.operator.client.workflow.getHandle(`tenant-${id}`).describe();
  expect(await freeflow(['tenants', 'retry', '--stuck'], env)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(new RegExp(`^${name} +retried$`, 'm')),
  });
  expect(await operationEnds(house, id)).toMatchObject({ status: 'active', operation: { state: 'done' } });
  expect(await stuck()).toEqual([]);
  const { status } = await house.operator.client.workflow.getHandle(`tenant-${id}`, first.runId).describe();
  expect(status.name).toBe('TERMINATED');
}, 240_000);
