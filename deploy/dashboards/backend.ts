import { BACKEND_KINDS } from '@freeflow/contract';
import { events, fact, quantile } from './expressions';
import type { DashboardOf } from './panels';

const OF = 'backend="$backend"';

/** One backend: what is done there, how long it takes and how it fails. */
export const BACKEND: DashboardOf = {
  uid: 'freeflow-backend',
  title: 'FreeFlow: one backend',
  about: 'The steps at one backend; master are those in the master database alone.',
  choice: { label: 'backend', values: [...BACKEND_KINDS, 'master'] },
  rows: {
    Failures: [
      {
        as: 'graph',
        title: 'Attempts by outcome',
        about: 'All steps there.',
        unit: 'short',
        shows: [[events(`freeflow_step_attempts_total{${OF}}`, ['outcome']), '{{outcome}}']],
      },
      {
        as: 'graph',
        title: 'Failures by class',
        about: 'Each class is a cause of the runbook.',
        unit: 'short',
        shows: [[`${events(`freeflow_step_failures_total{${OF}}`, ['failure'])} > 0`, '{{failure}}']],
      },
      {
        as: 'graph',
        title: 'Parked',
        about: 'Steps there that wait for an answer.',
        unit: 'short',
        shows: [[fact('freeflow_steps_parked{step=~"$backend[.].*"}', ['step']), '{{step}}']],
      },
    ],
    Steps: [
      {
        as: 'graph',
        title: 'Attempts by step',
        about: 'What is done there.',
        unit: 'short',
        shows: [[events(`freeflow_step_attempts_total{${OF}}`, ['step']), '{{step}}']],
      },
      {
        as: 'graph',
        title: 'Half of the attempts take less than',
        about: 'By step, those that succeed.',
        unit: 's',
        shows: [[quantile(50, `freeflow_step_duration_seconds_bucket{${OF},outcome="success"}`, ['step']), '{{step}}']],
      },
      {
        as: 'graph',
        title: '95 % of the attempts take less than',
        about: 'By step, those that succeed.',
        unit: 's',
        shows: [[quantile(95, `freeflow_step_duration_seconds_bucket{${OF},outcome="success"}`, ['step']), '{{step}}']],
      },
    ],
    Pool: [
      {
        as: 'graph',
        title: 'Blank resources',
        about: 'Ready for the next creates, and how many there should be.',
        unit: 'short',
        shows: [
          [fact(`freeflow_pool_ready{${OF}}`), 'ready'],
          [fact(`freeflow_pool_wanted{${OF}}`), 'wanted'],
        ],
      },
    ],
  },
};
