import { type Client, ScheduleNotFoundError } from '@temporalio/client';
import { sweepIdOf } from '../../workflows/messages';
import { fail, type Finding, ok, warn } from './check';

/** A sweep may be late by this much, or by a few of its intervals. */
const LATE_MS = 30_000;
const LATE_INTERVALS = 3;

/** Whether the sweep, which starts accepted operations that have no run, does its rounds. */
export async function sweep(client: Client, queue: string): Promise<Finding> {
  const id = sweepIdOf(queue);
  try {
    const { state, spec, info } = await client.schedule.getHandle(id).describe();
    if (state.paused) return fail(`the schedule ${id} is paused${state.note === undefined ? '' : `: ${state.note}`}`, `Run: temporal schedule toggle --schedule-id ${id} --unpause`);
    const everyMs = Number(spec.intervals?.[0]?.every ?? 0);
    const last = info.recentActions.at(-1);
    const sinceMs = Date.now() - (last?.takenAt ?? info.createdAt).getTime();
    if (sinceMs > Math.max(LATE_MS, LATE_INTERVALS * everyMs)) return fail(`the schedule ${id} last ran ${inSeconds(sinceMs)} ago, though it should every ${inSeconds(everyMs)}`, 'Is a worker at work? The next sweep waits for the one before.');
    return last === undefined ? ok(`${id} is new and has not run yet`) : await lastRun(client, id, last.action.workflow.workflowId, sinceMs);
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return fail(`there is no schedule ${id}`, 'Start a worker: it makes it.');
    throw error;
  }
}

async function lastRun(client: Client, id: string, workflowId: string, sinceMs: number): Promise<Finding> {
  const { status } = await client.workflow.getHandle(workflowId).describe();
  const isWell = status.name === 'COMPLETED' || status.name === 'RUNNING';
  return isWell ? ok(`${id} ran ${inSeconds(sinceMs)} ago`) : warn(`the last run of ${id} ended as ${status.name}`, `If it goes on, look why: temporal workflow show -w ${workflowId}`);
}

const inSeconds = (ms: number): string => `${Math.round(ms / 1_000)} s`;
