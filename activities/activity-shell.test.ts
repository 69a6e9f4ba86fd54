import { renderMetrics } from '@freeflow/lib/metrics';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { BackendFault } from '../backends/failures';
import { seriesIn } from '../test/support/metrics';
import { runActivity } from './activity-shell';

const run = (step: string, body: () => Promise<void>): Promise<unknown> =>
  new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') }).run(() =>
    runActivity(body, { attempt: attemptAt(step) }).catch(() => undefined),
  );

const attemptAt = (step: string) => ({
  tenantId: 't',
  operationId: 'o',
  step,
  runId: 'r',
  activityId: '1',
  attempt: 1,
  scheduledAtMs: 0,
});

const attemptsOf = async (backend: string, step: string) => {
  const series = seriesIn(await renderMetrics('worker'));
  const of = (outcome: string) =>
    series[`freeflow_step_attempts_total{backend="${backend}",step="${step}",outcome="${outcome}"}`];
  return { success: of('success'), failure: of('failure'), cancelled: of('cancelled') };
};

test('an attempt is counted by how it ends, a failure also by its class, and each is timed', async () => {
  await run('qdrant.create', async () => undefined);
  await run('qdrant.create', () => Promise.reject(new BackendFault('overloaded', 'too much')));
  await run('qdrant.create', () => Promise.reject(new CancelledFailure('CANCELLED')));
  expect(await attemptsOf('qdrant', 'create')).toEqual({ success: 1, failure: 1, cancelled: 1 });
  const series = seriesIn(await renderMetrics('worker'));
  expect(series['freeflow_step_failures_total{backend="qdrant",failure="overloaded"}']).toBe(1);
  expect(series['freeflow_step_duration_seconds_count{backend="qdrant",step="create",outcome="success"}']).toBe(1);
});

test('a step in the master database is counted as such, what no class names as unexpected, and no step that is none', async () => {
  await run('begin', () => Promise.reject(new Error('acme: no such thing')));
  await run('begin', () => Promise.reject(ApplicationFailure.create({ type: 'acme' })));
  expect(await attemptsOf('master', 'begin')).toEqual({ success: 0, failure: 2, cancelled: 0 });
  const before = await renderMetrics('worker');
  expect(seriesIn(before)['freeflow_step_failures_total{backend="master",failure="unexpected"}']).toBe(2);
  expect(before).not.toContain('acme');
  await run('acme.create', async () => undefined);
  expect(await renderMetrics('worker')).toBe(before);
});
