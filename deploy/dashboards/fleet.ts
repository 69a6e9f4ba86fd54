import { ROUTES_WITHOUT_BUDGET } from '@freeflow/lib/metrics';
import { events, fact, quantile } from './expressions';
import type { DashboardOf } from './panels';

/** Requests that can spend the error budget. */
const BUDGET = `route!~"${ROUTES_WITHOUT_BUDGET}"`;
const OURS = 'job=~"freeflow-api|freeflow-worker"';

/** All of an installation at a glance. */
export const FLEET: DashboardOf = {
  uid: 'freeflow-fleet',
  title: 'FreeFlow: fleet',
  about: 'What stands still, what is done, and what it is done by.',
  rows: {
    'What stands still': [
      {
        as: 'stat',
        title: 'Parked steps',
        about: 'Steps that wait for an answer: freeflow tenants stuck.',
        unit: 'short',
        shows: [[`sum(${fact('freeflow_steps_parked', ['step'])})`, 'parked']],
        redFrom: 1,
      },
      {
        as: 'stat',
        title: 'Oldest parked step',
        about: 'How long the one that was parked first has waited.',
        unit: 's',
        shows: [[fact('freeflow_steps_parked_oldest_age_seconds'), 'age']],
        redFrom: 1_800,
      },
      {
        as: 'stat',
        title: 'Operations without a run',
        about: 'Accepted, and not begun: Temporal or the workers do not work.',
        unit: 'short',
        shows: [[fact('freeflow_operations_without_run'), 'operations']],
        redFrom: 1,
      },
      {
        as: 'stat',
        title: 'Overdue purges',
        about: 'Tenants whose data should be gone.',
        unit: 'short',
        shows: [[fact('freeflow_purges_overdue'), 'tenants']],
        redFrom: 1,
      },
      {
        as: 'stat',
        title: 'Overdue ends of credentials',
        about: 'Tenants whose former credentials should work no more.',
        unit: 'short',
        shows: [[fact('freeflow_retirements_overdue'), 'tenants']],
        redFrom: 1,
      },
      {
        as: 'stat',
        title: 'Last sweep',
        about: 'How long ago a worker has ended a sweep.',
        unit: 's',
        shows: [['time() - max(freeflow_sweep_last_success_timestamp_seconds)', 'ago']],
        redFrom: 300,
      },
      {
        as: 'stat',
        title: 'Last report of the reconciler',
        about: 'How long ago ledger and servers were compared.',
        unit: 's',
        shows: [[`time() - ${fact('freeflow_reconcile_last_success_timestamp_seconds')}`, 'ago']],
        redFrom: 7_200,
      },
    ],
    Operations: [
      {
        as: 'graph',
        title: 'Open',
        about: 'Operations that have not ended, by their state.',
        unit: 'short',
        shows: [[`sum by (state) (${fact('freeflow_operations_open', ['kind', 'state'])})`, '{{state}}']],
      },
      {
        as: 'graph',
        title: 'Ended',
        about: 'By kind and outcome.',
        unit: 'short',
        shows: [[events('freeflow_operations_ended_total', ['kind', 'outcome']), '{{kind}} {{outcome}}']],
      },
      {
        as: 'graph',
        title: 'Duration of 95 %',
        about: 'From acceptance to end, parked time included.',
        unit: 's',
        shows: [[quantile(95, 'freeflow_operation_duration_seconds_bucket', ['kind']), '{{kind}}']],
      },
      {
        as: 'graph',
        title: 'Parked by step',
        about: 'Many at one step: look at its backend.',
        unit: 'short',
        shows: [[`${fact('freeflow_steps_parked', ['step'])} > 0`, '{{step}}']],
      },
      {
        as: 'graph',
        title: 'Findings of the last report',
        about: 'What differs between ledger and servers, by class.',
        unit: 'short',
        shows: [[fact('freeflow_reconcile_findings', ['class']), '{{class}}']],
      },
      {
        as: 'graph',
        title: 'Started by sweeps',
        about: 'Operations that had no run: some after each restart of Temporal or a worker, else none.',
        unit: 'short',
        shows: [['sum(increase(freeflow_sweep_operations_started_total[$__rate_interval]))', 'operations']],
      },
    ],
    'Upgrade of the fleet': [
      {
        as: 'graph',
        title: 'Tenants of the upgrade',
        about: 'By what has become of them, while it has not ended: freeflow fleet status.',
        unit: 'short',
        shows: [[fact('freeflow_fleet_tenants', ['state']), '{{state}}']],
      },
      {
        as: 'graph',
        title: 'State of the upgrade',
        about: 'Paused: it waits for freeflow fleet resume, retry or cancel.',
        unit: 'short',
        shows: [[fact('freeflow_fleet_upgrades_open', ['state']), '{{state}}']],
      },
    ],
    Backends: [
      {
        as: 'graph',
        title: 'Failed attempts',
        about: 'By backend; master is the master database.',
        unit: 'short',
        shows: [[events('freeflow_step_failures_total', ['backend']), '{{backend}}']],
      },
      {
        as: 'graph',
        title: 'Duration of 95 % of the attempts',
        about: 'Of one attempt of a step, by backend.',
        unit: 's',
        shows: [[quantile(95, 'freeflow_step_duration_seconds_bucket', ['backend']), '{{backend}}']],
      },
      {
        as: 'graph',
        title: 'Pool',
        about: 'Blank resources ready for the next creates, and how many there should be.',
        unit: 'short',
        shows: [
          [
            `${fact('freeflow_pool_ready', ['backend'])} and on (backend) (max by (backend) (freeflow_pool_wanted) > 0)`,
            '{{backend}} ready',
          ],
          ['max by (backend) (freeflow_pool_wanted) > 0', '{{backend}} wanted'],
        ],
      },
    ],
    API: [
      {
        as: 'graph',
        title: 'Requests',
        about: 'By status.',
        unit: 'reqps',
        shows: [[`sum by (status) (rate(freeflow_http_requests_total{${BUDGET}}[$__rate_interval]))`, '{{status}}']],
      },
      {
        as: 'graph',
        title: 'Answered by 5xx',
        about: 'The share that spends the error budget: one in a thousand over 30 days.',
        unit: 'percentunit',
        shows: [
          ['freeflow:http_request_errors:ratio_rate5m', '5 min'],
          ['freeflow:http_request_errors:ratio_rate1h', '1 h'],
          ['freeflow:http_request_errors:ratio_rate6h', '6 h'],
        ],
      },
      {
        as: 'graph',
        title: 'Time of 95 % of the answers',
        about: 'By route.',
        unit: 's',
        shows: [
          [
            quantile(95, `freeflow_http_request_duration_seconds_bucket{${BUDGET}}`, ['method', 'route']),
            '{{method}} {{route}}',
          ],
        ],
      },
    ],
    Processes: [
      {
        as: 'graph',
        title: 'Processor time',
        about: 'Of API and workers, in cores.',
        unit: 'short',
        shows: [[`rate(process_cpu_seconds_total{${OURS}}[$__rate_interval])`, '{{job}} {{instance}}']],
      },
      {
        as: 'graph',
        title: 'Memory',
        about: 'Of API and workers.',
        unit: 'bytes',
        shows: [[`process_resident_memory_bytes{${OURS}}`, '{{job}} {{instance}}']],
      },
      {
        as: 'graph',
        title: 'Wait for locks, 95 %',
        about: 'Until a step has the lock on its tenant and backend.',
        unit: 's',
        shows: [[quantile(95, 'freeflow_lock_wait_seconds_bucket', ['outcome']), '{{outcome}}']],
      },
      {
        as: 'graph',
        title: 'Free slots of the workers',
        about: "By Temporal's SDK: at 0 tasks wait for a worker.",
        unit: 'short',
        shows: [
          ['min by (task_queue, worker_type) (temporal_worker_task_slots_available)', '{{task_queue}} {{worker_type}}'],
        ],
      },
      {
        as: 'graph',
        title: 'Wait of activities for a worker, 95 %',
        about: "By Temporal's SDK, by task queue.",
        unit: 's',
        shows: [
          [
            quantile(95, 'temporal_activity_schedule_to_start_latency_seconds_bucket', ['task_queue']),
            '{{task_queue}}',
          ],
        ],
      },
      {
        as: 'graph',
        title: 'Tokens and keys',
        about: 'Access tokens that the workers, and keys of the issuer that the API asked for.',
        unit: 'short',
        shows: [
          [events('freeflow_tokens_renewed_total', ['outcome']), 'tokens: {{outcome}}'],
          [events('freeflow_issuer_keys_fetched_total', ['outcome']), 'keys: {{outcome}}'],
        ],
      },
    ],
  },
};
