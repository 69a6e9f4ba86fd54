import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProcessIdentity } from '@freeflow/contract/stack-info';
import { startTimeOf } from '@freeflow/lib/lock';
import { lastLines, messageOf } from './files';
import { signalGroup } from './processes';

/** How to run a program. Credentials belong into env: arguments are there for everyone to see. */
export interface LaunchPlan {
  command: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** Whom it runs as, where it refuses to run as root. */
  user?: { uid: number; gid: number } | undefined;
}

export interface ManagedProcessOptions {
  title: string;
  log: string;
  /** Called before each launch, restarts included. */
  plan: () => Promise<LaunchPlan>;
  /** Throws while the process is not ready. */
  check: () => Promise<void>;
  readyWithinMs: number;
  stopSignal: NodeJS.Signals;
  /** How long it may take to stop before it is killed. */
  stopWithinMs: number;
  /** Called as soon as it runs, before it is ready. */
  onLaunch: (identity: ProcessIdentity) => void;
  /** One line for the user: it died, it is back. */
  onEvent: (text: string) => void;
}

const CHECK_EVERY_MS = 100;
const QUICK_DEATH_MS = 10_000;
const LONGEST_BACKOFF_MS = 10_000;
const LOG_LIMIT_BYTES = 20_000_000;

/** Not a failure of the process: it was stopped while it was starting. */
export class StoppedEarlyError extends Error {}

/** A program in a process group of its own that is started again whenever it dies, until it is stopped. */
export class ManagedProcess {
  private child: ChildProcess | undefined;
  private exited: Promise<string> = Promise.resolve('never started');
  private stopping = false;
  private quickDeaths = 0;
  private readonly wakeUp = new AbortController();

  constructor(private readonly options: ManagedProcessOptions) {}

  /**
   * Starts it and waits until it is ready; from then on it is watched over.
   * @throws Error with the last lines of its log when it ends or is not ready in time
   */
  async start(): Promise<void> {
    await this.launch();
    try {
      await this.waitUntilReady();
    } catch (error) {
      await this.stop();
      throw error;
    }
    void this.watch();
  }

  /** Ends it and everything in its group. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.wakeUp.abort();
    const pid = this.child?.pid;
    if (pid === undefined) return;
    const isRunning = this.child?.exitCode === null && this.child.signalCode === null;
    if (isRunning) this.child?.kill(this.options.stopSignal);
    const patience = new AbortController();
    await Promise.race([
      this.exited,
      delay(this.options.stopWithinMs, undefined, { signal: patience.signal }).catch(() => undefined),
    ]);
    patience.abort();
    signalGroup(pid, 'SIGKILL');
    await this.exited;
  }

  /** Kills it at once, without waiting. */
  killNow(): void {
    this.stopping = true;
    this.wakeUp.abort();
    if (this.child?.pid !== undefined) signalGroup(this.child.pid, 'SIGKILL');
  }

  private async launch(): Promise<void> {
    const { command, args, env, cwd, user } = await this.options.plan();
    if (this.stopping) throw new StoppedEarlyError(`${this.options.title} was stopped before it was started`);
    const log = openLog(this.options.log);
    try {
      const child = spawn(command, args, { env, cwd, detached: true, stdio: ['ignore', log, log], ...user });
      this.child = child;
      this.exited = new Promise((resolve) => {
        child.once('error', (error) => {
          resolve(`could not be started: ${error.message}`);
        });
        child.once('exit', (code, signal) => {
          resolve(signal === null ? `exited with code ${code ?? '?'}` : `was killed by ${signal}`);
        });
      });
      // One that has died at once has no start time to be registered; `exited` reports how it ended.
      const startedAt = child.pid === undefined ? undefined : startTimeOf(child.pid);
      if (child.pid !== undefined && startedAt !== undefined) this.options.onLaunch({ pid: child.pid, startedAt });
    } finally {
      closeSync(log);
    }
  }

  private async waitUntilReady(): Promise<void> {
    const end = Date.now() + this.options.readyWithinMs;
    let ended: string | undefined;
    void this.exited.then((how) => {
      ended = how;
    });
    for (let reason: unknown; ;) {
      try {
        await this.options.check();
        // Otherwise another process has answered on its port.
        if (ended === undefined) return;
      } catch (error) {
        reason = error;
      }
      if (this.stopping) throw new StoppedEarlyError(`${this.options.title} was stopped before it was ready`);
      if (ended !== undefined) throw this.failure(ended);
      if (Date.now() > end)
        throw this.failure(`was not ready within ${this.options.readyWithinMs / 1000} s (${messageOf(reason)})`);
      await delay(CHECK_EVERY_MS);
    }
  }

  private failure(how: string): Error {
    const { title, log } = this.options;
    return new Error(
      [`${title} ${how}. The last lines of ${log}:`, ...lastLines(log, 8).map((line) => `    ${line}`)].join('\n'),
    );
  }

  private async watch(): Promise<void> {
    for (;;) {
      const startedAt = Date.now();
      const how = await this.exited;
      if (this.stopping) return;
      this.quickDeaths = Date.now() - startedAt < QUICK_DEATH_MS ? this.quickDeaths + 1 : 0;
      await this.restart(how);
    }
  }

  /** The first death is answered at once, repeated quick ones ever more slowly. */
  private async restart(how: string): Promise<void> {
    const { title, log, onEvent } = this.options;
    const backoffMs = this.quickDeaths <= 1 ? 0 : Math.min(LONGEST_BACKOFF_MS, 250 * 2 ** (this.quickDeaths - 1));
    onEvent(`${title} ${how}; restarting${backoffMs === 0 ? '' : ` in ${backoffMs / 1000} s`} (log: ${log})`);
    await delay(backoffMs, undefined, { signal: this.wakeUp.signal }).catch(() => undefined);
    if (this.stopping) return;
    try {
      await this.launch();
      void this.waitUntilReady().then(
        () => {
          onEvent(`${title} is back (pid ${this.child?.pid ?? '?'})`);
        },
        (error: unknown) => {
          if (!this.stopping) onEvent(messageOf(error));
        },
      );
    } catch (error) {
      this.exited = Promise.resolve(`could not be started: ${messageOf(error)}`);
    }
  }
}

/** Opens a log for appending; an old one that has grown large is put aside. */
function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true });
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > LOG_LIMIT_BYTES) renameSync(path, `${path}.old`);
  return openSync(path, 'a', 0o600);
}
