import type { History } from '@temporalio/common/lib/proto-utils';

/** A piece of a run by Temporal's clock, in ms since 1970. */
export interface Task {
  kind: 'workflow' | 'activity';
  /** The activity's type. */
  name: string;
  scheduledAt: number;
  startedAt: number;
  completedAt: number;
}

type Event = NonNullable<History['events']>[number];
type Timestamp = NonNullable<Event['eventTime']>;

const toMs = ({ seconds, nanos }: Timestamp): number => Number(seconds ?? 0) * 1_000 + (nanos ?? 0) / 1e6;
const timeOf = (event: Event | undefined): number => (event?.eventTime ? toMs(event.eventTime) : Number.NaN);

/** How long a run took, from its first event to its last one, by Temporal's clock, in ms. */
export function durationOf({ events }: History): number {
  const times = (events ?? []).map(timeOf);
  return Math.max(...times) - Math.min(...times);
}

/** The workflow tasks and activities of a run that were completed, in that order. */
export function tasksOf({ events }: History): Task[] {
  const byId = new Map((events ?? []).map((it) => [String(it.eventId), it]));
  const at = (id: unknown) => byId.get(String(id));
  return (events ?? []).flatMap((event): Task[] => {
    const workflow = event.workflowTaskCompletedEventAttributes;
    const activity = event.activityTaskCompletedEventAttributes;
    const completed = workflow ?? activity;
    if (completed === null || completed === undefined) return [];
    const scheduled = at(completed.scheduledEventId);
    return [
      {
        kind: workflow ? 'workflow' : 'activity',
        name: scheduled?.activityTaskScheduledEventAttributes?.activityType?.name ?? 'workflow task',
        scheduledAt: timeOf(scheduled),
        startedAt: timeOf(at(completed.startedEventId)),
        completedAt: timeOf(event),
      },
    ];
  });
}
