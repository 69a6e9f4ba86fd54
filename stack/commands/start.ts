import { setTimeout as delay } from 'node:timers/promises';
import { INTERRUPTED, type Joined, joinStack, listenForShutdown } from '../foreground';
import { createProgress, seconds } from '../progress';
import type { TemporalStoreKind } from '../servers';
import { stopCommand } from '../stop-command';

/**
 * Servers only, in the foreground, until a signal.
 * @returns the exit code
 */
export async function start(
  { dir, vault, temporal }: { dir: string; vault: boolean; temporal: TemporalStoreKind },
  env: NodeJS.ProcessEnv,
  exit: (code: number) => never,
): Promise<number> {
  const startedAt = Date.now();
  const progress = createProgress(process.stdout);
  const print = (text: string) => {
    progress.note(text);
  };
  const shutdown = listenForShutdown(print, exit);
  let joined: Joined;
  try {
    joined = await joinStack({ dir, env, progress, vault, temporal, signal: shutdown.signal, onKill: shutdown.onKill });
  } catch (error) {
    if (!shutdown.signal.aborted) throw error;
    print('Stopped before everything was ready.');
    return INTERRUPTED;
  }
  progress.close();
  if (joined.kind === 'running') {
    print(
      `The servers are already running (process ${joined.info.supervisor.pid}). Their addresses are in ${dir}/stack.json`,
    );
    return 0;
  }
  shutdown.onStop(joined.stack.stop);
  print(
    `All servers are ready after ${seconds(startedAt)}; their addresses and credentials are in ${dir}/stack.json\nStop with Ctrl-C here, or with: ${stopCommand(dir)}`,
  );
  const alive = new AbortController();
  // Where all servers are named by the environment, nothing else would keep this process up.
  const keepAlive = delay(2 ** 31 - 1, undefined, { signal: alive.signal }).catch(() => undefined);
  await shutdown.ended;
  alive.abort();
  await keepAlive;
  return 0;
}
