import { OPERATION_KINDS } from '@freeflow/contract';
import { events, fact, quantile } from './expressions';
import type { DashboardOf } from './panels';

const OF = 'kind="$kind"';

/** One kind of operation: how many, how they end, how long they take. */
export const OPERATION: DashboardOf = {
  uid: 'freeflow-operation',
  title: 'FreeFlow: one kind of operation',
  about: 'Operations of one kind, from their acceptance to their end.',
  choice: { label: 'kind', values: OPERATION_KINDS },
  rows: {
    Operations: [
      {
        as: 'graph',
        title: 'Ended by outcome',
        about: 'All but done has a cause: freeflow tenants show.',
        unit: 'short',
        shows: [[events(`freeflow_operations_ended_total{${OF}}`, ['outcome']), '{{outcome}}']],
      },
      {
        as: 'graph',
        title: 'Open by state',
        about: 'Those that have not ended.',
        unit: 'short',
        shows: [[fact(`freeflow_operations_open{${OF}}`, ['state']), '{{state}}']],
      },
      {
        as: 'graph',
        title: 'Share that ended as done',
        about: 'Of those that have ended within an hour.',
        unit: 'percentunit',
        shows: [
          [
            `sum(increase(freeflow_operations_ended_total{${OF},outcome="done"}[1h])) / sum(increase(freeflow_operations_ended_total{${OF}}[1h]))`,
            'done',
          ],
        ],
      },
    ],
    Duration: [
      {
        as: 'graph',
        title: 'Of those that were done',
        about: 'From acceptance to end, parked time included.',
        unit: 's',
        shows: [50, 95, 99].map(
          (percent) =>
            [
              quantile(percent, `freeflow_operation_duration_seconds_bucket{${OF},outcome="done"}`),
              `${percent} %`,
            ] as const,
        ),
      },
      {
        as: 'graph',
        title: 'Of all others, 95 %',
        about: 'Rolled back, refused or incomplete.',
        unit: 's',
        shows: [
          [
            quantile(95, `freeflow_operation_duration_seconds_bucket{${OF},outcome!="done"}`, ['outcome']),
            '{{outcome}}',
          ],
        ],
      },
    ],
  },
};
