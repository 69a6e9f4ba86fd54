import { makeFirstTenant } from './app/first-tenant';
import { welcome } from './app/welcome';
import { messageOf } from './files';
import { type Ending, INTERRUPTED, listenForEnd } from './foreground';
import { LockedError } from './lock';
import { createProgress } from './progress';
import { stackDir } from './project';
import { readStackInfo } from './stack-info';
import { startProduct } from './whole';

const { env } = process;
const dir = stackDir(env['FREEFLOW_STACK_DIR']);
const progress = createProgress(process.stdout);
const tell = (text: string): void => {
  progress.note(text);
};

/** The whole product and a first tenant; then it stays and keeps all of it up. */
async function main(ending: Ending): Promise<void> {
  const running = await startProduct({ dir, env, progress, ending });
  await showFirstTenant(ending);
  if (!ending.signal.aborted) tell(welcome(running, env));
  await ending.ended;
}

/** A tenant that can't be made is no reason to end: the cause is often mended while all runs. */
async function showFirstTenant({ signal }: Ending): Promise<void> {
  try {
    await makeFirstTenant(dir, env, tell, signal);
  } catch (error) {
    if (!signal.aborted) tell(`The first tenant could not be made: ${messageOf(error)}`);
  }
}

/** Started twice: the first one goes on, this one shows where it is. */
function showRunning({ owner }: LockedError): void {
  tell(`FreeFlow runs already (process ${owner.pid}).`);
  tell(welcome(readStackInfo(dir), env));
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
const ending = listenForEnd(tell, (code) => {
  process.exit(code);
});
main(ending)
  .catch((error: unknown) => giveUp(error, ending))
  .finally(() => {
    clearInterval(keepAlive);
    process.exit();
  });
