import type { StackInfo } from '@freeflow/contract/stack-info';
import type { Shutdown } from '../foreground';
import { lockOwner, takeLock } from '../lock';
import { ManagedProcess } from '../managed-process';
import { claimPorts } from '../port-claims';
import type { PortName } from '../ports';
import { type Progress, ready, seconds } from '../progress';
import { cacheDir, logFile } from '../project';
import { ProcessRegistry } from '../registry';
import { loadSettings, saveSettings } from '../settings';
import { updateStackInfo } from '../stack-info';
import { type Part, PARTS } from './parts';

const READY_WITHIN_MS = 60_000;
const CHECK_TIMEOUT_MS = 2_000;

/** The process that runs API and worker in this folder, if any. */
export const appOwner = (dir: string) => lockOwner(dir, 'app.lock');

export interface StartApp {
  env: NodeJS.ProcessEnv;
  progress: Progress;
  /** Ends them, even before they are ready. */
  shutdown: Shutdown;
  /** Started beside them, on ports of its own: a Prometheus. */
  observer?: Part | undefined;
}

/**
 * Starts API and worker on running servers and publishes their pids in `stack.json`, restarts included.
 * @returns the stack with their addresses
 * @throws LockedError when they are running already
 */
export async function startApp(stack: StackInfo, { env, progress, shutdown, observer }: StartApp): Promise<StackInfo> {
  const { dir } = stack;
  const parts = observer === undefined ? PARTS : [...PARTS, observer];
  shutdown.signal.throwIfAborted();
  const release = takeLock(dir, 'app.lock');
  const registry = new ProcessRegistry(dir, 'app-processes.json');
  const processes: ManagedProcess[] = [];
  const stop = async () => {
    await Promise.all(processes.map((it) => it.stop()));
    registry.clear();
    updateStackInfo(dir, ({ prometheus: _ended, ...info }) => ({
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
    const info = await claimAppPorts(stack, cacheDir(env), observer !== undefined);
    await Promise.all(
      parts.map((part) => startPart(part, { info, env, progress, registry, processes, signal: shutdown.signal })),
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
  { name, title, plan, readyUrl, stopWithinMs }: Part,
  { info, env, progress, registry, processes, signal }: PartContext,
): Promise<void> {
  signal.throwIfAborted();
  const startedAt = Date.now();
  const managed = new ManagedProcess({
    title,
    log: logFile(info.dir, name),
    plan: async () => plan(info, env),
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
async function claimAppPorts(info: StackInfo, cache: string, observe: boolean): Promise<StackInfo> {
  const settings = loadSettings(info.dir);
  const ports = await claimPorts({ cache, dir: info.dir }, settings.ports, [
    'api',
    'workerHealth',
    ...(observe ? (['workerSdkMetrics', 'prometheus'] as const) : []),
  ]);
  saveSettings(info.dir, { ...settings, ports });
  const urlOf = (name: PortName) => `http://127.0.0.1:${ports[name]}`;
  const change = (published: StackInfo): StackInfo => ({
    ...published,
    api: { url: urlOf('api') },
    worker: {
      healthUrl: urlOf('workerHealth'),
      ...(observe ? { sdkMetricsUrl: urlOf('workerSdkMetrics') } : {}),
    },
    ...(observe ? { prometheus: { url: urlOf('prometheus') } } : {}),
  });
  updateStackInfo(info.dir, change);
  return change(info);
}
