import { setTimeout as delay } from 'node:timers/promises';
import { appOwner, startApp } from './app/app';
import { makeFirstTenant } from './app/first-tenant';
import { welcome } from './app/welcome';
import { messageOf } from './files';
import { type Ending, INTERRUPTED, joinStack, listenForEnd } from './foreground';
import { LockedError, lockOwner } from './lock';
import { migrateMaster } from './migrate';
import { createProgress } from './progress';
import { stackDir } from './project';
import { readStackInfo, type StackInfo } from './stack-info';

const dir = stackDir(process.env['FREEFLOW_STACK_DIR']);
const progress = createProgress(process.stdout);
const tell = (text: string): void => { progress.note(text); };

/** Servers, database, worker, API, a first tenant; then it stays and keeps them up. */
async function main(ending: Ending): Promise<void> {
  const stack = await startServers(ending);
  const info = await migrateMaster(stack, process.env, tell);
  const running = await startApp(info, { env: process.env, progress, ending });
  progress.close();
  await showFirstTenant(running, ending);
  if (!ending.signal.aborted) tell(welcome(running));
  await ending.ended;
}

async function startServers(ending: Ending): Promise<StackInfo> {
  const joined = await joinStack({ dir, env: process.env, progress, signal: ending.signal, onKill: ending.onKill });
  if (joined.kind === 'started') {
    ending.onStop(joined.stack.stop);
    return joined.stack.info;
  }
  const owner = appOwner(dir);
  if (owner !== undefined) throw new LockedError(owner);
  tell(`The servers run already (process ${joined.info.supervisor.pid}); they are used and left running.`);
  void endWithServers();
  return joined.info;
}

/** API and worker are of no use without servers that someone else has stopped. */
async function endWithServers(): Promise<void> {
  while (lockOwner(dir, 'servers.lock') !== undefined) await delay(1_000, undefined, { ref: false });
  tell('The servers have been stopped.');
  process.kill(process.pid, 'SIGTERM');
}

/** A tenant that can't be made is no reason to end: the cause is often mended while all runs. */
async function showFirstTenant(info: StackInfo, { signal }: Ending): Promise<void> {
  try {
    await makeFirstTenant(info, tell, signal);
  } catch (error) {
    if (!signal.aborted) tell(`The first tenant could not be made: ${messageOf(error)}`);
  }
}

/** Started twice: the first one goes on, this one shows where it is. */
function showRunning({ owner }: LockedError): void {
  tell(`FreeFlow runs already (process ${owner.pid}).`);
  tell(welcome(readStackInfo(dir)));
}

/** Whatever it failed of: nothing that it has started is left running. */
async function giveUp(error: unknown, ending: Ending): Promise<void> {
  const wasInterrupted = ending.signal.aborted;
  await ending.stop();
  if (wasInterrupted) {
    tell('Stopped before all was ready.');
    process.exitCode = INTERRUPTED;
  } else if (error instanceof LockedError) {
    showRunning(error);
  } else {
    console.error(messageOf(error));
    process.exitCode = 1;
  }
}

const keepAlive = setInterval(() => undefined, 60_000);
const ending = listenForEnd(tell, (code) => { process.exit(code); });
main(ending)
  .catch((error: unknown) => giveUp(error, ending))
  .finally(() => { clearInterval(keepAlive); process.exit(); });
