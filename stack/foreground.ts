import { setTimeout as delay } from 'node:timers/promises';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { messageOf } from './files';
import { lockOwner, LockedError } from './lock';
import { stackDir } from './project';
import { onStopSignal } from './signals';
import { type RunningStack, startStack, type StackOptions } from './stack';
import { findStackInfo } from './stack-info';

const OTHERS_MAY_NEED_MS = 600_000;

/** Either started by this process or found running. */
export type Joined = { kind: 'started'; stack: RunningStack } | { kind: 'running'; info: StackInfo };

/** Starts the stack, or finds the running one; waits for another start that is under way. */
export async function joinStack(options: StackOptions): Promise<Joined> {
  for (let end = Date.now() + OTHERS_MAY_NEED_MS; ;) {
    try {
      return { kind: 'started', stack: await startStack(options) };
    } catch (error) {
      if (!(error instanceof LockedError) || Date.now() > end) throw error;
      const info = await untilOtherIsReady(options, error.owner.pid);
      if (info !== undefined) return { kind: 'running', info };
    }
  }
}

/** Undefined when the other one ended before it was ready. */
async function untilOtherIsReady({ dir, progress, signal }: StackOptions, pid: number): Promise<StackInfo | undefined> {
  let told = false;
  while (lockOwner(stackDir(dir), 'servers.lock') !== undefined) {
    const info = findStackInfo(dir);
    if (info !== undefined) return info;
    if (!told) progress.note(`Another start (process ${pid}) is under way in this folder; waiting for it.`);
    told = true;
    await delay(200, undefined, signal === undefined ? {} : { signal });
  }
  return undefined;
}

/** How a program in the foreground ends: by what it started, in order, or at once. */
export interface Ending {
  /** Aborted at the first request to end. */
  signal: AbortSignal;
  /** Tells what is to be ended at the first request, or by `stop`. */
  onStop: (stop: () => Promise<void>) => void;
  /** Tells what is to be killed at the second request. */
  onKill: (kill: () => void) => void;
  /** Ends all without being asked to; resolves when all has ended, whoever asked. */
  stop: () => Promise<void>;
  /** Resolves when all has ended. */
  ended: Promise<void>;
}

/** The exit code of a program that was asked to end before it was ready: the one shells have for Ctrl-C. */
export const INTERRUPTED = 130;

/** Listens for requests to end: the first stops what was registered, last registered first; the second kills it. */
export function listenForEnd(tell: (text: string) => void, exit: (code: number) => void): Ending {
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
          tell(messageOf(error));
        });
    };
    void stopAll().then(resolveEnded);
    return ended;
  };
  onStopSignal(
    () => {
      tell('Stopping; Ctrl-C again kills at once.');
      void stop();
    },
    () => {
      for (const kill of kills) kill();
      tell('Killed.');
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
