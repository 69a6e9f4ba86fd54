import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { crossProduct, type MetricRow, type MetricSource } from './row';
import { METRICS, type LabelsOf, type MetricName, type NameOf } from './table';

/** How precisely the delay of the event loop is measured, in ms: the usual 10 cost an idle process twice as much. */
const EVENT_LOOP_PRECISION_MS = 20;

const registries: Readonly<Record<MetricSource, Registry>> = {
  worker: new Registry(),
  api: new Registry(),
  installation: new Registry(),
};

const rows = Object.entries(METRICS) as [MetricName, MetricRow][];

const created = new Map<MetricName, Counter | Gauge | Histogram>(rows.map(([name, row]) => [name, create(name, row)]));
for (const { 1: row, 0: name } of rows) startAtZero(name, row);

/** Counts an event, or several. */
export function count<N extends NameOf<'counter'>>(name: N, labels: LabelsOf<N>, by = 1): void {
  (created.get(name) as Counter).inc(labels, by);
}

/** Adds what was measured to a histogram; times in seconds. */
export function observe<N extends NameOf<'histogram'>>(name: N, labels: LabelsOf<N>, value: number): void {
  (created.get(name) as Histogram).observe(labels, value);
}

/** Sets what is so now. */
export function setGauge<N extends NameOf<'gauge'>>(name: N, labels: LabelsOf<N>, value: number): void {
  (created.get(name) as Gauge).set(labels, value);
}

/** Sets everything of one source back to where it has started. */
export function resetMetrics(source: MetricSource): void {
  for (const [name, row] of rows) {
    if (row.of !== source) continue;
    created.get(name)?.reset();
    startAtZero(name, row);
  }
}

/** What Node itself tells of this process (memory, processor time, event loop) goes with the metrics of this source. */
export const measureProcess = (source: MetricSource): void =>
  collectDefaultMetrics({ register: registries[source], eventLoopMonitoringPrecision: EVENT_LOOP_PRECISION_MS });

/** The metrics of a source as Prometheus reads them. */
export const renderMetrics = (source: MetricSource): Promise<string> => registries[source].metrics();

/** The media type of {@link renderMetrics}. */
export const METRICS_TYPE: string = Registry.PROMETHEUS_CONTENT_TYPE;

function create(name: MetricName, row: MetricRow): Counter | Gauge | Histogram {
  const options = { name, help: row.help, labelNames: Object.keys(row.labels), registers: [registries[row.of]] };
  if (row.type === 'histogram') return new Histogram({ ...options, buckets: [...row.buckets] });
  return row.type === 'counter' ? new Counter(options) : new Gauge(options);
}

function startAtZero(name: MetricName, row: MetricRow): void {
  const metric = created.get(name);
  for (const labels of zerosOf(row)) {
    if (metric instanceof Counter) metric.inc(labels, 0);
    if (metric instanceof Gauge) metric.set(labels, 0);
  }
}

function zerosOf({ labels, zeros }: MetricRow): readonly Readonly<Record<string, string>>[] {
  if (zeros !== undefined) return zeros;
  const known = Object.entries(labels).flatMap(([label, values]) =>
    values === null ? [] : [[label, values] as const],
  );
  return known.length < Object.keys(labels).length ? [] : crossProduct(Object.fromEntries(known));
}
