import { setTimeout as delay } from 'node:timers/promises';
import type { ProcessIdentity } from '@freeflow/contract/stack-info';
import { isAlive } from '@freeflow/lib/lock';

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
