import { setTimeout as delay } from 'node:timers/promises';
import { INTERRUPTED, type Joined, joinStack, listenForEnd } from '../foreground';
import { createProgress, seconds } from '../progress';
import { stopCommand } from '../shell';

/**
 * Servers only, in the foreground, until a signal.
 * @returns the exit code
 */
export async function start(dir: string, env: NodeJS.ProcessEnv, exit: (code: number) => never): Promise<number> {
  const startedAt = Date.now();
  const progress = createProgress(process.stdout);
  const tell = (text: string) => {
    progress.note(text);
  };
  const ending = listenForEnd(tell, exit);
  let joined: Joined;
  try {
    joined = await joinStack({ dir, env, progress, signal: ending.signal, onKill: ending.onKill });
  } catch (error) {
    if (!ending.signal.aborted) throw error;
    tell('Stopped before all was ready.');
    return INTERRUPTED;
  }
  progress.close();
  if (joined.kind === 'running') {
    tell(`The servers run already (process ${joined.info.supervisor.pid}); their addresses are in ${dir}/stack.json`);
    return 0;
  }
  ending.onStop(joined.stack.stop);
  tell(
    `All servers are ready after ${seconds(startedAt)}; their addresses and credentials are in ${dir}/stack.json\nStop by Ctrl-C here, or by: ${stopCommand(dir)}`,
  );
  const alive = new AbortController();
  // Where all servers are named by the environment, nothing else would keep this process up.
  const keepAlive = delay(2 ** 31 - 1, undefined, { signal: alive.signal }).catch(() => undefined);
  await ending.ended;
  alive.abort();
  await keepAlive;
  return 0;
}
