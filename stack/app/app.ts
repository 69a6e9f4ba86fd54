import { join } from 'node:path';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { withoutSecrets } from '../environment';
import type { Shutdown } from '../foreground';
import { lockOwner, takeLock } from '../lock';
import { ManagedProcess } from '../managed-process';
import { claimPorts } from '../port-claims';
import { type Progress, ready, seconds } from '../progress';
import { cacheDir, logFile, projectRoot } from '../project';
import { ProcessRegistry } from '../registry';
import { loadSettings, saveSettings } from '../settings';
import { apiEnv, updateStackInfo, workerEnv } from '../stack-info';

interface Part {
  name: 'worker' | 'api';
  title: string;
  script: string;
  env: (info: StackInfo) => Record<string, string>;
  readyUrl: (info: StackInfo) => string;
  /** The worker lets running activities end first. */
  stopWithinMs: number;
}

const PARTS: readonly Part[] = [
  {
    name: 'worker',
    title: 'Worker',
    script: 'dist/worker/main.js',
    env: workerEnv,
    readyUrl: ({ worker }) => `${worker.healthUrl}/health/ready`,
    stopWithinMs: 30_000,
  },
  {
    name: 'api',
    title: 'API',
    script: 'dist/api/server.js',
    env: apiEnv,
    readyUrl: ({ api }) => `${api.url}/health/ready`,
    stopWithinMs: 10_000,
  },
];

const READY_WITHIN_MS = 60_000;
const CHECK_TIMEOUT_MS = 2_000;

/** The process that runs API and worker in this folder, if any. */
export const appOwner = (dir: string) => lockOwner(dir, 'app.lock');

export interface StartApp {
  env: NodeJS.ProcessEnv;
  progress: Progress;
  /** Ends them, even before they are ready. */
  shutdown: Shutdown;
}

/**
 * Starts API and worker on running servers and publishes their pids in `stack.json`, restarts included.
 * @returns the stack with their addresses
 * @throws LockedError when they are running already
 */
export async function startApp(stack: StackInfo, { env, progress, shutdown }: StartApp): Promise<StackInfo> {
  const { dir } = stack;
  shutdown.signal.throwIfAborted();
  const release = takeLock(dir, 'app.lock');
  const registry = new ProcessRegistry(dir, 'app-processes.json');
  const processes: ManagedProcess[] = [];
  const stop = async () => {
    await Promise.all(processes.map((it) => it.stop()));
    registry.clear();
    updateStackInfo(dir, (info) => ({
      ...info,
      api: { url: info.api.url },
      worker: { healthUrl: info.worker.healthUrl },
    }));
    release();
  };
  shutdown.onStop(stop);
  shutdown.onKill(() => {
    for (const it of processes) it.killNow();
    registry.clear();
    release();
  });
  try {
    await registry.endLeftovers();
    const info = await claimAppPorts(stack, cacheDir(env));
    await Promise.all(
      PARTS.map((part) => startPart(part, { info, env, progress, registry, processes, signal: shutdown.signal })),
    );
    return info;
  } catch (error) {
    await stop();
    throw error;
  }
}

interface PartContext {
  info: StackInfo;
  env: NodeJS.ProcessEnv;
  progress: Progress;
  registry: ProcessRegistry;
  processes: ManagedProcess[];
  signal: AbortSignal;
}

async function startPart(
  { name, title, script, env: envOf, readyUrl, stopWithinMs }: Part,
  { info, env, progress, registry, processes, signal }: PartContext,
): Promise<void> {
  signal.throwIfAborted();
  const startedAt = Date.now();
  const managed = new ManagedProcess({
    title,
    log: logFile(info.dir, name),
    plan: () =>
      Promise.resolve({
        command: process.execPath,
        args: [join(projectRoot(), script)],
        env: { ...withoutSecrets(env), ...envOf(info) },
        cwd: projectRoot(),
      }),
    check: () => checkReady(readyUrl(info)),
    readyWithinMs: READY_WITHIN_MS,
    stopSignal: 'SIGTERM',
    stopWithinMs,
    onLaunch: (identity) => {
      registry.note(name, { ...identity, port: Number(new URL(readyUrl(info)).port), stopSignal: 'SIGTERM' });
      updateStackInfo(info.dir, (published) => ({ ...published, [name]: { ...published[name], pid: identity.pid } }));
    },
    onEvent: (text) => {
      progress.note(text);
    },
  });
  processes.push(managed);
  progress.update(title, 'starting');
  await managed.start();
  progress.update(title, ready(`port ${new URL(readyUrl(info)).port}, ${seconds(startedAt)}`));
}

async function checkReady(url: string): Promise<void> {
  // A connection kept open by this would hold up its stop for seconds.
  const response = await fetch(url, {
    headers: { connection: 'close' },
    signal: AbortSignal.timeout(CHECK_TIMEOUT_MS),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answers ${response.status} ${text.slice(0, 200)}`);
}

/** The servers may have been up for long, so the ports kept for API and worker may be taken by now. */
async function claimAppPorts(info: StackInfo, cache: string): Promise<StackInfo> {
  const settings = loadSettings(info.dir);
  const ports = await claimPorts({ cache, dir: info.dir }, settings.ports, ['api', 'workerHealth']);
  saveSettings(info.dir, { ...settings, ports });
  const change = (published: StackInfo): StackInfo => ({
    ...published,
    api: { url: `http://127.0.0.1:${ports.api}` },
    worker: { healthUrl: `http://127.0.0.1:${ports.workerHealth}` },
  });
  updateStackInfo(info.dir, change);
  return change(info);
}
