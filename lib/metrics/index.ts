// What is measured of the product: one table, and how the processes count by it and serve it.
export { count, measureProcess, METRICS_TYPE, observe, renderMetrics, resetMetrics, setGauge } from './instruments';
export type { MetricRow, MetricSource } from './row';
export { stepLabelsOf, type AttemptOutcome } from './steps';
export { METRIC_NAMES, METRICS, ROUTES_WITHOUT_BUDGET, type MetricName } from './table';
