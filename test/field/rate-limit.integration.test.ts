import { DEFAULT_TASK_QUEUE } from '@freeflow/contract';
import { readStackInfo } from '../../stack/stack-info';
import { runTemporalCommand, temporalCommand } from '../support/document-commands';
import { openFakeOperations, type FakeOperations } from '../support/fake-operations';
import { TEST_STACK } from '../support/master';
import { until } from '../support/until';

const info = readStackInfo(TEST_STACK);
let fake: FakeOperations;
beforeAll(async () => {
  fake = await openFakeOperations();
});
afterAll(() => fake.close());

/** A line of the page, for the queue of this test. */
const run = (...words: string[]) =>
  runTemporalCommand(
    info,
    temporalCommand('docs/setup.md', 'task-queue config', ...words).replace(DEFAULT_TASK_QUEUE, fake.taskQueue),
    {},
  );
const callsOf = (step: string) => fake.calls.filter((it) => it.activity === step);

test('how many steps begin at one backend in a second is limited while all goes on, and given free again', async () => {
  await run('--queue-rps-limit 0.5');
  expect(await run('config get')).toContain('0.5');
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: 8 }, () => fake.start('create')));
  await until('the other backends are done', async () => callsOf('qdrant.create').length === 8);
  const elsewhereMs = performance.now() - startedAt;
  await until('the third begins at the limited one', async () => callsOf('keycloak.create').length >= 3);
  const [first, , third] = callsOf('keycloak.create').map(({ at }) => at);
  // One every two seconds, after a burst of one at most.
  expect((third ?? 0) - (first ?? 0)).toBeGreaterThan(1_500);
  expect(callsOf('keycloak.create').length).toBeLessThan(8);

  await run('--queue-rps-limit default');
  await until('the others begin', async () => callsOf('keycloak.create').length === 8);
  expect(elsewhereMs).toBeLessThan(performance.now() - startedAt);
});
