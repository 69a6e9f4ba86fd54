import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type StackInfo, stackInfoSchema } from '@freeflow/contract/stack-info';
import { identify } from '@freeflow/lib/lock';
import { type External, readExternal, withoutSecrets } from './environment';
import { lockOwner, takeLock } from './lock';
import { StoppedEarlyError } from './managed-process';
import { claimPorts } from './port-claims';
import { keysOf, type PortName } from './ports';
import type { Progress } from './progress';
import { cacheDir, stackDir } from './project';
import { ProcessRegistry } from './registry';
import { runServer, type RunningServer } from './run-server';
import { serversOf, type TemporalStoreKind } from './servers';
import type { Server, StackPart } from './servers/server';
import { loadSettings, saveSettings, type Settings } from './settings';
import { updateStackInfo, removeStackInfo, writeStackInfo } from './stack-info';

export interface StackOptions {
  /** The folder, seen from the project root; `.freeflow` when left out. */
  dir?: string | undefined;
  /** Which servers are replaced by URLs, and what programs inherit. */
  env: NodeJS.ProcessEnv;
  progress: Progress;
  /** Whether a vault is started as well. */
  vault?: boolean;
  /** Which Temporal is started: `file` when left out. */
  temporal?: TemporalStoreKind;
  /** Begins with empty servers: what an earlier start has kept is deleted, ports and credentials stay. */
  fresh?: boolean;
  /** Aborts the start; it then rejects, and nothing is left running. */
  signal?: AbortSignal;
  /** Receives a function that kills all servers at once, before the first of them starts. */
  onKill?: (kill: () => void) => void;
}

/** A stack that this process has started and watches over. */
export interface RunningStack {
  info: StackInfo;
  /** Ends all servers; none is left when it resolves. */
  stop: () => Promise<void>;
}

/** After one server's failure the others have this long to report theirs; then they are cancelled. */
const FAILURES_WITHIN_MS = 1_000;

/**
 * Starts all servers of a folder side by side, sets them up and publishes `stack.json`. They are started again whenever
 * they die.
 * @throws LockedError when they are running already, or another process is starting them
 * @throws AggregateError with every server that is unavailable or could not be started; nothing is left running then
 */
export async function startStack({
  dir: named,
  env,
  progress,
  vault = false,
  temporal = 'file',
  fresh,
  signal,
  onKill,
}: StackOptions): Promise<RunningStack> {
  const dir = stackDir(named);
  const external = readExternal(env);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const release = takeLock(dir, 'servers.lock');
  const registry = new ProcessRegistry(dir, 'processes.json');
  const running: RunningServer[] = [];
  const stop = async () => {
    removeStackInfo(dir);
    await Promise.all(running.map((server) => server.process.stop()));
    registry.clear();
    release();
  };
  onKill?.(() => {
    for (const server of running) server.process.killNow();
    removeStackInfo(dir);
    registry.clear();
    release();
  });
  try {
    await registry.endLeftovers();
    if (lockOwner(dir, 'app.lock') === undefined) await new ProcessRegistry(dir, 'app-processes.json').endLeftovers();
    removeStackInfo(dir);
    if (fresh === true) rmSync(join(dir, 'data'), { recursive: true, force: true });
    const servers = serversOf(dir, vault, temporal);
    const settings = await prepareSettings({ dir, cache: cacheDir(env), external, progress, servers });
    const parts = await startAll({ dir, servers, external, settings, env, progress, registry, running, signal });
    // Nothing may be missing in what the servers have contributed.
    const info = stackInfoSchema.parse(Object.assign({}, baseInfo(dir, settings, registry), ...parts));
    writeStackInfo(info);
    return { info, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface StartAll {
  dir: string;
  servers: readonly Server[];
  external: External;
  settings: Settings;
  env: NodeJS.ProcessEnv;
  progress: Progress;
  registry: ProcessRegistry;
  running: RunningServer[];
  signal: AbortSignal | undefined;
}

async function startAll({
  dir,
  servers,
  external,
  settings,
  env,
  progress,
  registry,
  running,
  signal,
}: StartAll): Promise<StackPart[]> {
  const failFast = new AbortController();
  const combined = signal === undefined ? failFast.signal : AbortSignal.any([signal, failFast.signal]);
  const shared = {
    dir,
    external,
    settings,
    env: { ...withoutSecrets(env), TZ: 'UTC' },
    cache: cacheDir(env),
    signal: combined,
  };
  const outcomes = await Promise.allSettled(
    servers.map(async (server) => {
      try {
        return await runServer(server, {
          ...shared,
          progress,
          onRunning: (started) => {
            running.push(started);
          },
          onLaunch: (identity) => {
            registry.note(server.name, {
              ...identity,
              port: settings.ports[server.ports[0]],
              stopSignal: server.stopSignal,
            });
            updateStackInfo(dir, (info) => ({ ...info, processes: publicProcesses(registry) }));
          },
        });
      } catch (error) {
        setTimeout(() => {
          failFast.abort();
        }, FAILURES_WITHIN_MS).unref();
        throw error;
      }
    }),
  );
  signal?.throwIfAborted();
  const failures = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' && !isAbort(outcome.reason) ? [outcome.reason as unknown] : [],
  );
  if (failures.length > 0) throw new AggregateError(failures, 'The stack could not be started.');
  return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
}

const isAbort = (error: unknown): boolean =>
  error instanceof StoppedEarlyError || (error instanceof Error && error.name === 'AbortError');

/** Keeps the ports of last time where they are still free, and reports where they are not. */
async function prepareSettings({
  dir,
  cache,
  external,
  progress,
  servers,
}: Pick<StartAll, 'dir' | 'external' | 'progress' | 'servers'> & { cache: string }): Promise<Settings> {
  const settings = loadSettings(dir);
  const embedded = servers.filter((server) => !server.isExternal(external));
  const owners = new Map<PortName, string>(
    embedded.flatMap(({ ports, title }: Server) => ports.map((port) => [port, title])),
  );
  const ports = await claimPorts({ cache, dir }, settings.ports, [...owners.keys(), 'api', 'workerHealth']);
  for (const name of keysOf(ports)) {
    if (ports[name] !== settings.ports[name])
      progress.note(
        `${owners.get(name) ?? (name === 'api' ? 'API' : 'Worker')}: port ${settings.ports[name]} is taken; using ${ports[name]} from now on`,
      );
  }
  settings.ports = ports;
  saveSettings(dir, settings);
  return settings;
}

const publicProcesses = (registry: ProcessRegistry): StackInfo['processes'] =>
  Object.fromEntries(
    Object.entries(registry.all).map(([name, { pid, startedAt, port }]) => [name, { pid, startedAt, port }]),
  );

const baseInfo = (dir: string, { ports, credentials }: Settings, registry: ProcessRegistry) => ({
  version: 1,
  dir,
  supervisor: identify(process.pid),
  api: { url: `http://127.0.0.1:${ports.api}` },
  worker: { healthUrl: `http://127.0.0.1:${ports.workerHealth}` },
  secretsKey: credentials.secretsKey,
  processes: publicProcesses(registry),
});
