import { SEARCH_ATTRIBUTES } from '@freeflow/contract';
import { tsToMs } from '@temporalio/common/lib/time';
import { readStackInfo } from '../../stack/stack-info';
import { newName } from '../../test/support/activity-harness';
import { freeflowHere } from '../../test/support/freeflow-here';
import { TEST_STACK } from '../../test/support/master';
import { openOperator, type Operator } from '../../test/support/temporal';

const { temporal } = readStackInfo(TEST_STACK);
const namespace = newName('setup-');
const env = { TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: namespace };

let operator: Operator;
beforeAll(async () => {
  operator = await openOperator(readStackInfo(TEST_STACK));
});
afterAll(async () => {
  await operator.client.connection.operatorService.deleteNamespace({ namespace }).catch(() => undefined);
  await operator.close();
});

const setUp = (...args: string[]) => freeflowHere(['setup', 'temporal', ...args], env);
const retentionDays = async () => {
  const { config } = await operator.client.workflowService.describeNamespace({ namespace });
  return tsToMs(config?.workflowExecutionRetentionTtl) / 86_400_000;
};
const names = Object.values(SEARCH_ATTRIBUTES).map(({ name }) => name);

test('creates the namespace and what runs are searched by; a second time there is nothing to do; retention is changed on request alone', async () => {
  const first = await setUp();
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(first.stdout).toContain(`namespace ${namespace}: created; keeps the history of a run for 7 d after its end`);
  expect(first.stdout).toContain(`search attributes: ${names.join(', ')} added`);
  const { customAttributes } = await operator.client.connection.operatorService.listSearchAttributes({ namespace });
  expect(Object.keys(customAttributes)).toEqual(expect.arrayContaining(names));

  const second = await setUp();
  expect(second.stdout).toContain(`namespace ${namespace}: no change needed; keeps the history of a run for 7 d`);
  expect(second.stdout).toContain('search attributes: no change needed');

  const third = JSON.parse((await setUp('--retention', '3d', '--json')).stdout) as { namespace: unknown };
  expect(third.namespace).toEqual({ did: 'changed', retentionMs: 3 * 86_400_000 });
  expect(await retentionDays()).toBe(3);
  await setUp();
  expect(await retentionDays()).toBe(3);
});

test.each(['7', '1h', '9999d', 'soon'])('a retention of %s is refused before anything is asked', async (retention) => {
  expect(await setUp('--retention', retention)).toMatchObject({ code: 2, stdout: '' });
});

test('where no Temporal answers it says so and ends with 4', async () => {
  const { code, stderr } = await freeflowHere(['setup', 'temporal'], { TEMPORAL_ADDRESS: '127.0.0.1:1' });
  expect([code, stderr]).toEqual([4, expect.stringContaining('127.0.0.1:1')]);
});
