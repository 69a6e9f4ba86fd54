import { setTimeout as delay } from 'node:timers/promises';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { LockedError } from '@freeflow/lib/lock';
import { messageOf } from './files';
import { lockOwner } from './lock';
import { stackDir } from './project';
import { onStopSignal } from './signals';
import { type RunningStack, startStack, type StackOptions } from './stack';
import { findStackInfo } from './stack-info';

const OTHER_START_WITHIN_MS = 600_000;

/** A stack that this process has started or has found running. */
export type Joined = { kind: 'started'; stack: RunningStack } | { kind: 'running'; info: StackInfo };

/** Starts the stack, or finds the running one; waits for another process that is starting it. */
export async function joinStack(options: StackOptions): Promise<Joined> {
  for (let end = Date.now() + OTHER_START_WITHIN_MS; ;) {
    try {
      return { kind: 'started', stack: await startStack(options) };
    } catch (error) {
      if (!(error instanceof LockedError) || Date.now() > end) throw error;
      const info = await waitForOtherStart(options, error.owner.pid);
      if (info !== undefined) return { kind: 'running', info };
    }
  }
}

/** Undefined when the other one ended before it was ready. */
async function waitForOtherStart({ dir, progress, signal }: StackOptions, pid: number): Promise<StackInfo | undefined> {
  let isNoted = false;
  while (lockOwner(stackDir(dir), 'servers.lock') !== undefined) {
    const info = findStackInfo(dir);
    if (info !== undefined) return info;
    if (!isNoted) progress.note(`Process ${pid} is already starting the stack in this folder; waiting for it.`);
    isNoted = true;
    await delay(200, undefined, signal === undefined ? {} : { signal });
  }
  return undefined;
}

/** How a program in the foreground ends: what it has started is stopped in order, or killed. */
export interface Shutdown {
  /** Aborted at the first signal, or by `stop`. */
  signal: AbortSignal;
  /** Registers what is to be stopped at the first signal, or by `stop`. */
  onStop: (stop: () => Promise<void>) => void;
  /** Registers what is to be killed at the second signal. */
  onKill: (kill: () => void) => void;
  /** Stops everything without a signal; resolves when all has ended, no matter what triggered it. */
  stop: () => Promise<void>;
  /** Resolves when all has ended. */
  ended: Promise<void>;
}

/** The exit code of a program that was interrupted before it was ready: the one shells have for Ctrl-C. */
export const INTERRUPTED = 130;

/** Listens for signals: the first stops what was registered, last registered first; the second kills it. */
export function listenForShutdown(print: (text: string) => void, exit: (code: number) => void): Shutdown {
  const controller = new AbortController();
  const stops: (() => Promise<void>)[] = [];
  const kills: (() => void)[] = [];
  let resolveEnded: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    resolveEnded = resolve;
  });
  const stop = () => {
    if (controller.signal.aborted) return ended;
    controller.abort();
    const stopAll = async () => {
      for (const end of stops.reverse())
        await end().catch((error: unknown) => {
          print(messageOf(error));
        });
    };
    void stopAll().then(resolveEnded);
    return ended;
  };
  onStopSignal(
    () => {
      print('Stopping. Press Ctrl-C again to kill everything at once.');
      void stop();
    },
    () => {
      for (const kill of kills) kill();
      print('Killed.');
      exit(1);
    },
  );
  return {
    signal: controller.signal,
    onStop: (end) => {
      stops.push(end);
    },
    onKill: (kill) => {
      kills.push(kill);
    },
    stop,
    ended,
  };
}
