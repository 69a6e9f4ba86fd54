import { execFileSync } from 'node:child_process';
import type { ProcessIdentity } from '@freeflow/contract/stack-info';
import { readIfThere } from '../files';

/** When the process started, in the system's own words; undefined if it is gone (or dead and only not yet reaped). */
export function startTimeOf(pid: number): string | undefined {
  if (process.platform === 'linux') return startTimeByProc(pid);
  return process.platform === 'win32' ? startTimeBySignal(pid) : startTimeByPs(pid);
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

/** Where the system tells no more than that it runs. */
function startTimeBySignal(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
    return 'unknown';
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
