import { setTimeout as delay } from 'node:timers/promises';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { LockedError } from '@freeflow/lib/lock';
import { appOwner, startApp } from './app/app';
import { findPrometheus } from './app/prometheus';
import { type Shutdown, joinStack } from './foreground';
import { lockOwner } from './lock';
import { migrateMaster } from './migrate';
import type { Progress } from './progress';
import type { TemporalStoreKind } from './servers';
import { stopCommand } from './stop-command';

interface ProductOptions {
  dir: string;
  env: NodeJS.ProcessEnv;
  progress: Progress;
  shutdown: Shutdown;
  /** Whether a Prometheus is started beside the product. */
  observe?: boolean;
  /** Whether tenants' secrets go to a vault, which is started as well. */
  vault?: boolean;
  /** Which Temporal is started. */
  temporal?: TemporalStoreKind;
}

/**
 * Starts servers, database, worker and API. Servers that are running already are used, and left running.
 * @throws LockedError when the product is running already
 * @throws Error with how to get a Prometheus, where one is wanted and there is none
 */
export async function startProduct({
  dir,
  env,
  progress,
  shutdown,
  observe = false,
  vault = false,
  temporal = 'file',
}: ProductOptions): Promise<StackInfo> {
  const observer = observe ? await findPrometheus(env) : undefined;
  const stack = await startServers({ dir, env, progress, shutdown, vault, temporal });
  const info = await migrateMaster(stack, env, (text) => {
    progress.note(text);
  });
  const running = await startApp(info, { env, progress, shutdown, observer });
  progress.close();
  return running;
}

async function startServers({
  dir,
  env,
  progress,
  shutdown,
  vault = false,
  temporal = 'file',
}: Omit<ProductOptions, 'observe'>): Promise<StackInfo> {
  const joined = await joinStack({
    dir,
    env,
    progress,
    vault,
    temporal,
    signal: shutdown.signal,
    onKill: shutdown.onKill,
  });
  if (joined.kind === 'started') {
    shutdown.onStop(joined.stack.stop);
    return joined.stack.info;
  }
  const owner = appOwner(dir);
  if (owner !== undefined) throw new LockedError(owner);
  if (vault && joined.info.vault === undefined)
    throw new Error(`The servers are running without a vault. Stop them, then start again: ${stopCommand(dir)}`);
  progress.note(
    `The servers are already running (process ${joined.info.supervisor.pid}); using them, and leaving them running afterwards.`,
  );
  void endWithServers(dir, progress);
  return joined.info;
}

/** API and worker can't work without their servers, which another process may stop. */
async function endWithServers(dir: string, progress: Progress): Promise<void> {
  while (lockOwner(dir, 'servers.lock') !== undefined) await delay(1_000, undefined, { ref: false });
  progress.note('The servers were stopped; stopping API and worker too.');
  process.kill(process.pid, 'SIGTERM');
}
