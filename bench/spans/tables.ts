import { rowOf, type Group, type Row } from '../report/schema';
import type { CreateSeen } from './create-seen';
import { SERVERS } from './recorder';

/** What each create spent where, as tables over all of them. */
export const tablesOf = (creates: readonly CreateSeen[]): Group[] => [
  {
    title: 'A create by its stages',
    unit: 'ms',
    plot: 'ranges',
    rows: [
      rowOf(
        'all of it',
        creates.map(({ tookMs }) => tookMs),
      ),
      rowOf(
        'POST until its answer',
        creates.map(({ acceptedMs }) => acceptedMs),
      ),
      rowOf('commit until its run is started', creates.map(untilStarted)),
      rowOf('workflow tasks: waiting for the worker', creates.map(sumOf('workflow', 'waiting'))),
      rowOf('workflow tasks: at work', creates.map(sumOf('workflow', 'working'))),
      rowOf('activities: waiting for the worker, summed', creates.map(sumOf('activity', 'waiting'))),
    ],
  },
  { title: 'Steps, by the log', unit: 'ms', plot: 'ranges', rows: stepRows(creates) },
  { title: 'Calls to each server, summed', unit: 'ms', plot: 'none', rows: serverRows(creates, 'ms') },
  { title: 'Calls to each server, counted', unit: 'calls', plot: 'none', rows: serverRows(creates, 'count') },
  { title: 'The longest calls, each kind summed', unit: 'ms', plot: 'none', rows: longestCalls(creates) },
];

const LONGEST = 12;

const sum = (values: readonly number[]): number => values.reduce((all, it) => all + it, 0);

const untilStarted = ({ requestedAt, tasks }: CreateSeen): number =>
  Math.max(0, Math.min(...tasks.map(({ scheduledAt }) => scheduledAt)) - requestedAt);

const sumOf =
  (kind: 'workflow' | 'activity', part: 'waiting' | 'working') =>
  ({ tasks }: CreateSeen): number =>
    sum(
      tasks
        .filter((it) => it.kind === kind)
        .map((it) => (part === 'waiting' ? it.startedAt - it.scheduledAt : it.completedAt - it.startedAt)),
    );

function stepRows(creates: readonly CreateSeen[]): Row[] {
  const names = [...new Set(creates.flatMap(({ steps }) => steps.map(({ step }) => step)))];
  return names.map((name) =>
    rowOf(
      name,
      creates.flatMap(({ steps }) => steps.filter(({ step }) => step === name).map(({ durationMs }) => durationMs)),
    ),
  );
}

const serverRows = (creates: readonly CreateSeen[], what: 'ms' | 'count'): Row[] =>
  SERVERS.map((server) =>
    rowOf(
      server === 'master' ? 'master database (transactions, and statements outside of one)' : server,
      creates.map(({ calls }) => {
        const own = calls.filter((it) => it.server === server);
        return what === 'count' ? own.length : sum(own.map((it) => it.endedAt - it.startedAt));
      }),
    ),
  );

function longestCalls(creates: readonly CreateSeen[]): Row[] {
  const keyOf = ({ server, label }: CreateSeen['calls'][number]) => `${server}: ${label}`;
  const keys = [...new Set(creates.flatMap(({ calls }) => calls.map(keyOf)))];
  return keys
    .map((key) =>
      rowOf(
        key,
        creates.map(({ calls }) => sum(calls.filter((it) => keyOf(it) === key).map((it) => it.endedAt - it.startedAt))),
      ),
    )
    .sort((one, other) => other.p50 - one.p50)
    .slice(0, LONGEST);
}
