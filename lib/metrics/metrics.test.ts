import { BACKEND_STEP_NAMES, RECORD_STEP_NAMES } from '@freeflow/contract';
import {
  count,
  METRIC_NAMES,
  METRICS,
  observe,
  renderMetrics,
  resetMetrics,
  setGauge,
  stepLabelsOf,
  type MetricRow,
} from '.';

const rows = Object.entries(METRICS) as [string, MetricRow][];

test.each(rows)('%s is named as Prometheus has it: what is counted by _total, times in seconds', (name, row) => {
  expect(name).toMatch(/^freeflow_[a-z]+(_[a-z]+)*$/);
  expect(name.endsWith('_total')).toBe(row.type === 'counter');
  expect(row.type !== 'histogram' || name.endsWith('_seconds')).toBe(true);
  expect(name).not.toMatch(/_(ms|milliseconds|count|sum|bucket)$/);
});

test.each(rows)(
  '%s is explained by sentences, and has no label that could name a tenant',
  (_name, { help, labels }) => {
    expect(help).toMatch(/^[A-Z][^\n]{20,}\.$/);
    const open = Object.entries(labels).flatMap(([label, values]) => (values === null ? [label] : []));
    expect(open.filter((it) => !['route', 'method', 'status', 'plan'].includes(it))).toEqual([]);
    expect(Object.keys(labels).filter((it) => /tenant|name|id$/.test(it))).toEqual([]);
  },
);

test('every step of the contract has its labels, each set once', () => {
  const sets = [...BACKEND_STEP_NAMES, ...RECORD_STEP_NAMES].map((it) => JSON.stringify(stepLabelsOf(it)));
  expect(new Set(sets).size).toBe(BACKEND_STEP_NAMES.length + RECORD_STEP_NAMES.length);
  expect(stepLabelsOf('acme.create')).toBeUndefined();
});

const valueOf = (text: string, series: string): number | undefined => {
  const line = text.split('\n').find((it) => it.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length));
};

test('what can happen is there with 0 before it has happened, so that the first time is seen as a rise', async () => {
  const text = await renderMetrics('worker');
  expect(valueOf(text, 'freeflow_step_attempts_total{backend="qdrant",step="drop",outcome="failure"}')).toBe(0);
  expect(valueOf(text, 'freeflow_step_failures_total{backend="master",failure="superseded"}')).toBe(0);
  expect(valueOf(text, 'freeflow_operations_ended_total{kind="purge",outcome="incomplete"}')).toBe(0);
  expect(valueOf(text, 'freeflow_sweep_operations_started_total')).toBe(0);
  const api = await renderMetrics('api');
  expect(valueOf(api, 'freeflow_http_budget_requests_total{outcome="failure"}')).toBe(0);
});

test('a process serves what is its own, with the type and the help of each', async () => {
  for (const source of ['worker', 'api', 'installation'] as const) {
    const text = await renderMetrics(source);
    const served = [...text.matchAll(/^# HELP (\w+) .+\n# TYPE (\w+) (\w+)$/gm)].map(([, name, , type]) => [
      name,
      type,
    ]);
    expect(served).toEqual(rows.flatMap(([name, { of, type }]) => (of === source ? [[name, type]] : [])));
  }
});

test('events are counted, times sorted into buckets, and a reset leaves nothing of what was so before', async () => {
  count('freeflow_operations_ended_total', { kind: 'create', outcome: 'done' });
  observe('freeflow_lock_wait_seconds', { outcome: 'taken' }, 0.003);
  setGauge('freeflow_steps_parked', { step: 'qdrant.create' }, 3);
  const worker = await renderMetrics('worker');
  expect(valueOf(worker, 'freeflow_operations_ended_total{kind="create",outcome="done"}')).toBe(1);
  expect(valueOf(worker, 'freeflow_lock_wait_seconds_bucket{le="0.0025",outcome="taken"}')).toBe(0);
  expect(valueOf(worker, 'freeflow_lock_wait_seconds_bucket{le="0.005",outcome="taken"}')).toBe(1);
  expect(valueOf(await renderMetrics('installation'), 'freeflow_steps_parked{step="qdrant.create"}')).toBe(3);
  resetMetrics('installation');
  expect(valueOf(await renderMetrics('installation'), 'freeflow_steps_parked{step="qdrant.create"}')).toBe(0);
  expect(METRIC_NAMES).toContain('freeflow_steps_parked');
});
