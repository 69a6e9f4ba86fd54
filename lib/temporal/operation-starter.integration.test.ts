import { randomUUID } from 'node:crypto';
import { workflowIdOf, type AcceptedOperation } from '@freeflow/contract';
import type { Client } from '@temporalio/client';
import { readStackInfo } from '../../stack/stack-info';
import { TEST_STACK } from '../../test/support/master';
import { openOperator, terminateRuns, type Operator } from '../../test/support/temporal';
import { startWhenPreviousCloses } from './operation-starter';

const taskQueue = `starter-${randomUUID()}`;
let operator: Operator;
beforeAll(async () => {
  operator = await openOperator(readStackInfo(TEST_STACK));
});
afterAll(async () => {
  await terminateRuns(operator, taskQueue);
  await operator.close();
});

const operation = (): AcceptedOperation => ({
  operationId: randomUUID(),
  tenantId: randomUUID(),
  tenantName: 'acme',
  kind: 'hard_delete',
  requestedBy: 'test',
  interrupts: ['create'],
  backend: null,
});

/** The previous run of the tenant, which no worker carries on. */
const startPrevious = ({ client }: Operator, { tenantId }: AcceptedOperation) =>
  client.workflow.start('provisionTenant', {
    workflowId: workflowIdOf(tenantId),
    taskQueue,
    args: [],
    memo: { operationId: 'another' },
  });

/** The same client, which does something between two starts: once the first has found another run in its way. */
function afterFirstStart(client: Client, act: () => Promise<unknown>): Client {
  let starts = 0;
  const start: Client['workflow']['start'] = async (...args) => {
    if (starts++ === 1) await act();
    return client.workflow.start(...args);
  };
  const workflow = Object.create(client.workflow, { start: { value: start } }) as Client['workflow'];
  return Object.create(client, { workflow: { value: workflow } }) as Client;
}

test('the run of the operation before may still be closing: this one starts as soon as it has, not with the next sweep', async () => {
  const it = operation();
  const previous = await startPrevious(operator, it);
  const client = afterFirstStart(operator.client, () => previous.terminate());
  await startWhenPreviousCloses(client, it, taskQueue);
  const run = await operator.client.workflow.getHandle(workflowIdOf(it.tenantId)).describe();
  expect(run).toMatchObject({
    type: 'deleteTenant',
    status: { name: 'RUNNING' },
    memo: { operationId: it.operationId },
  });
});

test('a run that stays open is interrupted, once, and left to the sweep', async () => {
  const it = operation();
  const previous = await startPrevious(operator, it);
  await expect(startWhenPreviousCloses(operator.client, it, taskQueue)).rejects.toMatchObject({
    code: 'run-still-open',
  });
  const { events } = await previous.fetchHistory();
  expect((events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: it }) => it?.signalName ?? [])).toEqual([
    'interrupt',
  ]);
});
