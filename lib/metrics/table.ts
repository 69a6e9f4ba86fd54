import {
  BACKEND_KINDS,
  DISABLED_REASONS,
  ENDED_STATES,
  FAILURES,
  FINDING_CLASSES,
  FLEET_TENANT_STATES,
  OPEN_STATES,
  OPERATION_KINDS,
} from '@freeflow/contract';
import type { FailureType } from '@freeflow/contract';
import type { MetricRow } from './row';
import { ATTEMPT_OUTCOMES, STEP_NAMES, STEP_OUTCOMES, STEP_PLACES, STEP_WORDS } from './steps';

/** The routes that no error budget is for, as an expression by which Prometheus selects routes. */
export const ROUTES_WITHOUT_BUDGET = '/health/.*|/metrics|/docs.*|/openapi.json';

const FAILURE_TYPES = Object.keys(FAILURES) as FailureType[];

/** Whether something that is done again and again was done. */
const OUTCOMES = ['success', 'failure'] as const;

/** Every metric of ours: one row each. What is measured, exposed, documented and alerted on is derived from it. */
export const METRICS = {
  freeflow_operations_ended_total: {
    of: 'worker',
    type: 'counter',
    help: 'Operations that have ended, by what they were and how they ended.',
    labels: { kind: OPERATION_KINDS, outcome: ENDED_STATES },
  },
  freeflow_operation_duration_seconds: {
    of: 'worker',
    type: 'histogram',
    help: 'Time from the acceptance of an operation to its end, parked time included.',
    labels: { kind: OPERATION_KINDS, outcome: ENDED_STATES },
    buckets: [0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 3_600, 21_600, 86_400],
  },
  freeflow_step_attempts_total: {
    of: 'worker',
    type: 'counter',
    help: 'Attempts of steps that have reported, by where they work, what they do and how they ended.',
    labels: { backend: STEP_PLACES, step: STEP_WORDS, outcome: ATTEMPT_OUTCOMES },
    zeros: STEP_OUTCOMES,
  },
  freeflow_step_failures_total: {
    of: 'worker',
    type: 'counter',
    help: 'Attempts of steps that have failed, by class of failure: the causes of the runbook.',
    labels: { backend: STEP_PLACES, failure: FAILURE_TYPES },
  },
  freeflow_step_duration_seconds: {
    of: 'worker',
    type: 'histogram',
    help: 'Time that one attempt of a step takes, the wait for its lock included.',
    labels: { backend: STEP_PLACES, step: STEP_WORDS, outcome: ATTEMPT_OUTCOMES },
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300],
  },
  freeflow_lock_wait_seconds: {
    of: 'worker',
    type: 'histogram',
    help: 'Time until a lock in the master database was taken, found busy for too long, or could not be asked for.',
    labels: { outcome: ['taken', 'busy', 'failed'] },
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1, 5, 10, 20, 30],
  },
  freeflow_pool_wanted: {
    of: 'worker',
    type: 'gauge',
    help: 'Blank resources that are to be kept ready, by the configuration of the worker.',
    labels: { backend: BACKEND_KINDS },
  },
  freeflow_sweep_last_success_timestamp_seconds: {
    of: 'worker',
    type: 'gauge',
    help: 'When a sweep last came to its end in this process, as Unix time; 0 while none has.',
    labels: {},
  },
  freeflow_sweep_operations_started_total: {
    of: 'worker',
    type: 'counter',
    help: 'Operations without a run that a sweep has started.',
    labels: {},
  },
  freeflow_tokens_renewed_total: {
    of: 'worker',
    type: 'counter',
    help: 'Access tokens that were asked for, by whether one was granted.',
    labels: { outcome: OUTCOMES },
  },
  freeflow_webhook_attempts_total: {
    of: 'worker',
    type: 'counter',
    help: 'Attempts to deliver an event to a webhook: delivered, to be tried again, given up, or the webhook was disabled by it.',
    labels: { outcome: ['delivered', 'retry', 'failed', 'disabled'] },
  },

  freeflow_http_requests_total: {
    of: 'api',
    type: 'counter',
    help: 'Requests by route pattern, method and status; 499 where the client was gone before it had its answer.',
    labels: { route: null, method: null, status: null },
  },
  freeflow_http_budget_requests_total: {
    of: 'api',
    type: 'counter',
    help: 'Requests that the error budget is for (all but health, metrics and documentation), by how they went: a failure is one that was answered by 5xx.',
    labels: { outcome: OUTCOMES },
  },
  freeflow_http_request_duration_seconds: {
    of: 'api',
    type: 'histogram',
    help: 'Time until a request was answered, or its client was gone, by route pattern and method.',
    labels: { route: null, method: null },
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  },
  freeflow_issuer_keys_fetched_total: {
    of: 'api',
    type: 'counter',
    help: 'How often the keys by which tokens are checked were asked for, by whether they came.',
    labels: { outcome: OUTCOMES },
  },
  freeflow_issuer_keys_last_success_timestamp_seconds: {
    of: 'api',
    type: 'gauge',
    help: 'When these keys last came, as Unix time; 0 while they have not. They are used for a day after it.',
    labels: {},
  },
  freeflow_event_streams_open: {
    of: 'api',
    type: 'gauge',
    help: 'Streams of events that are open, of EVENTS_MAX_STREAMS at most.',
    labels: {},
  },
  freeflow_master_database_up: {
    of: 'api',
    type: 'gauge',
    help: 'Whether the master database has answered what the facts of the installation are read by, within three seconds. While it is 0 they are left out.',
    labels: {},
  },

  freeflow_operations_open: {
    of: 'installation',
    type: 'gauge',
    help: 'Operations that have not ended, by what they are and their state.',
    labels: { kind: OPERATION_KINDS, state: OPEN_STATES },
  },
  freeflow_operations_open_oldest_age_seconds: {
    of: 'installation',
    type: 'gauge',
    help: 'Time since the oldest operation in this state was accepted; 0 where there is none.',
    labels: { state: OPEN_STATES },
  },
  freeflow_steps_parked: {
    of: 'installation',
    type: 'gauge',
    help: 'Steps that wait for an answer, by their names.',
    labels: { step: STEP_NAMES },
  },
  freeflow_steps_parked_oldest_age_seconds: {
    of: 'installation',
    type: 'gauge',
    help: 'Time since the oldest of them was parked; 0 where there is none.',
    labels: {},
  },
  freeflow_operations_without_run: {
    of: 'installation',
    type: 'gauge',
    help: 'Operations that were accepted more than 15 s ago, and nothing has begun them; without forced deletions that wait for what they have interrupted.',
    labels: {},
  },
  freeflow_runs_without_workers: {
    of: 'installation',
    type: 'gauge',
    help: 'Open runs that belong to a build of the worker which has no workers, or none at the queue of a backend, by what Temporal says; 0 while it does not answer.',
    labels: {},
  },
  freeflow_purges_overdue: {
    of: 'installation',
    type: 'gauge',
    help: 'Soft-deleted tenants whose data should have been dropped by now, and no operation is in progress.',
    labels: {},
  },
  freeflow_retirements_overdue: {
    of: 'installation',
    type: 'gauge',
    help: 'Active tenants whose old credentials should have been ended by now, and no operation is in progress.',
    labels: {},
  },
  freeflow_reconcile_last_success_timestamp_seconds: {
    of: 'installation',
    type: 'gauge',
    help: 'When the last report of the reconciler was made, as Unix time; 0 while there is none.',
    labels: {},
  },
  freeflow_reconcile_findings: {
    of: 'installation',
    type: 'gauge',
    help: 'Findings in the last report of the reconciler, by class.',
    labels: { class: FINDING_CLASSES },
  },
  freeflow_records_oldest_age_seconds: {
    of: 'installation',
    type: 'gauge',
    help: 'Age of the oldest row of what is kept for a time, such as EVENT_RETENTION_DAYS; 0 where there is none.',
    labels: { records: ['audit', 'events'] },
  },
  freeflow_pool_ready: {
    of: 'installation',
    type: 'gauge',
    help: 'Blank resources that are ready to be claimed.',
    labels: { backend: BACKEND_KINDS },
  },
  freeflow_usage_near_limits: {
    of: 'installation',
    type: 'gauge',
    help: 'Tenants that use so much of a limit of their plan, or more, by plan and backend; as it was measured last. 0, or no row, where there are none.',
    labels: { plan: null, backend: BACKEND_KINDS, percent: ['80', '100'] },
  },
  freeflow_fleet_upgrades_open: {
    of: 'installation',
    type: 'gauge',
    help: 'Upgrades of the fleet that have not ended, of which there is one at most, by their state; a cancelled one waits for what is at work.',
    labels: { state: ['running', 'paused', 'cancelled'] },
  },
  freeflow_fleet_tenants: {
    of: 'installation',
    type: 'gauge',
    help: 'Tenants of the upgrade of the fleet that has not ended, by what has become of them; 0 where there is none.',
    labels: { state: FLEET_TENANT_STATES },
  },
  freeflow_webhook_undelivered_oldest_age_seconds: {
    of: 'installation',
    type: 'gauge',
    help: 'Time since the oldest event happened that an enabled webhook has not got yet; 0 where there is none.',
    labels: {},
  },
  freeflow_webhooks_disabled: {
    of: 'installation',
    type: 'gauge',
    help: 'Webhooks that get no events, by why.',
    labels: { reason: DISABLED_REASONS },
  },
} as const satisfies Readonly<Record<`freeflow_${string}`, MetricRow>>;

type MetricTable = typeof METRICS;
export type MetricName = keyof MetricTable;

export const METRIC_NAMES = Object.keys(METRICS) as MetricName[];

/** The names of the metrics of one type. */
export type NameOf<Type extends MetricRow['type']> = {
  [N in MetricName]: MetricTable[N]['type'] extends Type ? N : never;
}[MetricName];

/** The labels of a metric, each with one of its values. */
export type LabelsOf<N extends MetricName> = {
  -readonly [L in keyof MetricTable[N]['labels']]: MetricTable[N]['labels'][L] extends readonly (infer Value extends
    string)[]
    ? Value
    : string;
};
