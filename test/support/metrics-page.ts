import { METRICS, type MetricRow, type MetricSource } from '@freeflow/lib/metrics';

const SECTIONS: readonly { source: MetricSource; title: string; about: string }[] = [
  {
    source: 'worker',
    title: 'Worker',
    about:
      'What a worker has done since it was started. Several workers count each for themselves: sum them, and of what is a time take the latest.',
  },
  {
    source: 'api',
    title: 'API',
    about:
      'What an API process has answered since it was started; `route` is the pattern, `none` where there is no such route.',
  },
  {
    source: 'installation',
    title: 'Facts of the installation',
    about:
      'What the master database says, read at a scrape and kept for five seconds. Every API process serves the same, and no worker does: ' +
      'what is stuck must be seen while workers and Temporal are away. So take the maximum, not the sum. ' +
      'While the master database does not answer within three seconds they are left out, and `freeflow_master_database_up` is 0.',
  },
];

const labelsOf = ({ labels }: MetricRow): string =>
  Object.entries(labels)
    .map(([label, values]) => `\`${label}\`${values !== null && values.length <= 12 ? `: ${values.join(', ')}` : ''}`)
    .join('; ');

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const tableOf = (source: MetricSource): string =>
  [
    row(['metric', 'type', 'labels', 'meaning']),
    row(['---', '---', '---', '---']),
    ...(Object.entries(METRICS) as [string, MetricRow][])
      .filter(([, { of }]) => of === source)
      .map(([name, metric]) => row([`\`${name}\``, metric.type, labelsOf(metric), metric.help])),
  ].join('\n');

/** docs/metrics.md, written from the table that metrics are counted by. */
export const metricsPage = (): string => `# Metrics

Written from the table by which they are counted, \`lib/metrics/table.ts\` (renew it with \`UPDATE_DOCS=1 npx jest test/metrics-page\`).

| where | what |
| --- | --- |
| the API, \`/metrics\` | its own and the facts of the installation; public like \`/health/live\` |
| a worker, \`/metrics\` at its health port | its own |
| a worker, \`/metrics\` at \`WORKER_SDK_METRICS_ADDRESS\` | those of Temporal's SDK (\`temporal_...\`): slots, polls, latencies of tasks; off until the address is set |

No label and no value names a tenant. API and worker add \`process_...\` and \`nodejs_...\`: memory, processor time, event loop. What can be counted is
there with 0 from the start, so that \`rate()\` sees the first time; what is counted by route and status is not, so alerts count requests by
\`freeflow_http_budget_requests_total\`. Backends, steps, classes of failure and kinds of operation are those of \`contract/\`;
\`backend="master"\` is a step in the master database alone.

**Prometheus**: scrape the API as job \`freeflow-api\` and the workers as \`freeflow-worker\`, and load \`deploy/alerts/*.yaml\`; each alert leads to
its [paragraph of the runbook](runbook.md#alerts). Put where your people read these documents in place of the address it
begins with, in what you install: \`sed -i 's|https://freeflow.example/|https://git.example.org/platform/freeflow/blob/main/|' alerts/*.yaml\`.
\`npm start -- --observe\` starts a Prometheus of its own with these jobs and rules, where \`prometheus\` is on PATH (Debian, Ubuntu:
\`apt-get install prometheus\`), and the SDK as \`freeflow-temporal-sdk\`; its address is printed and stands in \`stack.json\`.

**Grafana**: import \`deploy/dashboards/*.json\` (the fleet, one backend, one kind of operation); Prometheus is chosen at the top. They are written by
\`npm run dashboards\`. Why the API serves the facts: [decision 21](decisions/021-metrics.md).

${SECTIONS.map(({ source, title, about }) => `## ${title}\n\n${about}\n\n${tableOf(source)}\n`).join('\n')}`;
