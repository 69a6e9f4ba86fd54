import { setTimeout as delay } from 'node:timers/promises';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { appOwner, startApp } from './app/app';
import { type Ending, joinStack } from './foreground';
import { LockedError, lockOwner } from './lock';
import { migrateMaster } from './migrate';
import type { Progress } from './progress';

interface Whole {
  dir: string;
  env: NodeJS.ProcessEnv;
  progress: Progress;
  ending: Ending;
}

/**
 * Servers, database, worker and API: the product as a whole. Servers that run already are used, and left running.
 * @throws LockedError when all of it runs already
 */
export async function startProduct({ dir, env, progress, ending }: Whole): Promise<StackInfo> {
  const tell = (text: string): void => {
    progress.note(text);
  };
  const stack = await startServers({ dir, env, progress, ending });
  const info = await migrateMaster(stack, env, tell);
  const running = await startApp(info, { env, progress, ending });
  progress.close();
  return running;
}

async function startServers({ dir, env, progress, ending }: Whole): Promise<StackInfo> {
  const joined = await joinStack({ dir, env, progress, signal: ending.signal, onKill: ending.onKill });
  if (joined.kind === 'started') {
    ending.onStop(joined.stack.stop);
    return joined.stack.info;
  }
  const owner = appOwner(dir);
  if (owner !== undefined) throw new LockedError(owner);
  progress.note(`The servers run already (process ${joined.info.supervisor.pid}); they are used and left running.`);
  void endWithServers(dir, progress);
  return joined.info;
}

/** API and worker are of no use without servers that someone else has stopped. */
async function endWithServers(dir: string, progress: Progress): Promise<void> {
  while (lockOwner(dir, 'servers.lock') !== undefined) await delay(1_000, undefined, { ref: false });
  progress.note('The servers have been stopped.');
  process.kill(process.pid, 'SIGTERM');
}
