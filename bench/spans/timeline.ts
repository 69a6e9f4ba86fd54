import type { Span, Timeline } from '../report/schema';
import type { CreateSeen } from './create-seen';
import type { Task } from './history';
import type { RecordedCall } from './recorder';

/** One create as lanes from its commit on: workflow tasks, then each activity above the calls that it made. */
export function timelineOf({ tookMs, requestedAt, tasks, calls: all }: CreateSeen): Timeline {
  const since = (at: number): number => Math.max(0, at - requestedAt);
  const span = (lane: string, kind: string, from: number, to: number): Span => ({
    lane,
    label: kind,
    startMs: since(from),
    endMs: since(to),
  });
  const calls = (lane: string, own: readonly RecordedCall[]) =>
    own.map(({ server, startedAt, endedAt }) =>
      span(lane, server === 'master' ? 'master database' : server, startedAt, endedAt),
    );
  const waits = (lane: string) => (it: Task) => span(lane, 'waiting for the worker', it.scheduledAt, it.startedAt);
  const workflow = tasks.filter(({ kind }) => kind === 'workflow');
  const activities = tasks
    .filter(({ kind }) => kind === 'activity')
    .sort((one, other) => one.scheduledAt - other.scheduledAt);
  return {
    title: `One create of ${Math.round(tookMs)} ms`,
    spans: [
      ...workflow.flatMap((it) => [
        waits('workflow tasks')(it),
        span('workflow tasks', 'workflow task', it.startedAt, it.completedAt),
      ]),
      // Local activities, such as the first and the last step, have no events of their own.
      ...calls(
        'workflow tasks: calls',
        all.filter((call) => !activities.some(({ name }) => name === call.activity)),
      ),
      ...activities.flatMap((it) => [
        waits(it.name)(it),
        span(it.name, 'activity', it.startedAt, it.completedAt),
        ...calls(
          `${it.name}: calls`,
          all.filter(({ activity }) => activity === it.name),
        ),
      ]),
    ],
  };
}
