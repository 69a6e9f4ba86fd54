import { execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProcessIdentity } from '@freeflow/contract/stack-info';
import { readIfThere } from '@freeflow/lib/files';

/** When the process started, in the system's own words; undefined if it is gone (or dead and only not yet reaped). */
export function startTimeOf(pid: number): string | undefined {
  return process.platform === 'linux' ? startTimeByProc(pid) : startTimeByPs(pid);
}

function startTimeByProc(pid: number): string | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name (field 2) may hold spaces and brackets, so fields are counted from its closing bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  // Ticks count from the boot, so its id is part of the identity.
  const boot = readIfThere('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
  return `${boot}:${fields[19] ?? ''}`;
}

function startTimeByPs(pid: number): string | undefined {
  try {
    const text = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
    }).trim();
    return text === '' || text.startsWith('Z') ? undefined : text.slice(text.indexOf(' ') + 1).trim();
  } catch {
    return undefined;
  }
}

/** The identity of a process that runs now. Throws when it is already gone. */
export function identify(pid: number): ProcessIdentity {
  const startedAt = startTimeOf(pid);
  if (startedAt === undefined) throw new Error(`process ${pid} is gone`);
  return { pid, startedAt };
}

/** Whether this very process still runs, not just one with its pid. */
export const isAlive = ({ pid, startedAt }: ProcessIdentity): boolean => startTimeOf(pid) === startedAt;

/** Sends a signal to a process and all of its group; nothing happens if there is none. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group ended by itself in the meantime.
  }
}

/**
 * Ends a group leader that may be no child of ours: sends the signal, waits, then kills. A pid that was reused by
 * another process is left alone.
 */
export async function endGroup(identity: ProcessIdentity, signal: NodeJS.Signals, graceMs: number): Promise<void> {
  if (!isAlive(identity)) return;
  signalGroup(identity.pid, signal);
  if (await waitUntilGone(identity, graceMs)) return;
  signalGroup(identity.pid, 'SIGKILL');
  await waitUntilGone(identity, 5_000);
}

/** Polls until the process is gone; false if it still runs after the time, in milliseconds. */
export async function waitUntilGone(identity: ProcessIdentity, withinMs: number): Promise<boolean> {
  const end = Date.now() + withinMs;
  while (isAlive(identity)) {
    if (Date.now() > end) return false;
    await delay(50);
  }
  return true;
}
