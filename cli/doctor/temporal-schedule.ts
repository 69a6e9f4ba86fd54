import type { Client, ScheduleSummary } from '@temporalio/client';
import { fail, type Finding, ok, warn } from '../../backends/doctor/check';

/** A schedule may be late by this much, or by a few of its intervals. */
const LATE_MS = 60_000;
const LATE_INTERVALS = 3;

/** Whether a schedule of the worker's does its rounds. */
export async function checkSchedule(client: Client, id: string): Promise<Finding> {
  const found = await find(client, id);
  if (found === undefined) return fail(`there is no schedule ${id}`, 'Start a worker: it creates it.');
  const {
    state,
    spec,
    info: {
      recentActions,
      nextActionTimes: [next],
    },
  } = found;
  if (state.paused)
    return fail(
      `the schedule ${id} is paused${state.note ? `: ${state.note}` : ''}`,
      `Run: temporal schedule toggle --schedule-id ${id} --unpause`,
    );
  const last = recentActions.at(-1);
  // Of those that run every hour, one made less than an hour ago.
  if (last === undefined && next !== undefined && next.getTime() > Date.now())
    return ok(`${id} has not run yet, runs in ${formatDuration(next.getTime() - Date.now())}`);
  if (last === undefined) return warn(`the schedule ${id} has not run yet`, 'Repeat this in a minute.');
  const [sinceMs, everyMs] = [Date.now() - last.takenAt.getTime(), Number(spec?.intervals?.[0]?.every ?? 0)];
  if (sinceMs > Math.max(LATE_MS, LATE_INTERVALS * everyMs))
    return fail(
      `the schedule ${id} last ran ${formatDuration(sinceMs)} ago, though it should every ${formatDuration(everyMs)}`,
      'Is a worker at work? The next run waits for the one before.',
    );
  return lastRun(client, id, last.action.workflow.workflowId, sinceMs);
}

/**
 * By the list: it is kept ready, whereas a description is put together anew, for which a busy server takes many
 * seconds.
 */
async function find(client: Client, id: string): Promise<ScheduleSummary | undefined> {
  for await (const schedule of client.schedule.list({ query: `ScheduleId = '${id}'` })) {
    if (schedule.scheduleId === id) return schedule;
  }
  return undefined;
}

async function lastRun(client: Client, id: string, workflowId: string, sinceMs: number): Promise<Finding> {
  const { status } = await client.workflow.getHandle(workflowId).describe();
  const isWell = status.name === 'COMPLETED' || status.name === 'RUNNING';
  return isWell
    ? ok(`${id} ran ${formatDuration(sinceMs)} ago`)
    : warn(
        `the last run of ${id} ended as ${status.name}`,
        `If it stays, find the cause: temporal workflow show -w ${workflowId}`,
      );
}

const formatDuration = (ms: number): string =>
  ms < 120_000 ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / 60_000)} min`;
