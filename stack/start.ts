import { LockedError } from '@freeflow/lib/lock';
import { createFirstTenant } from './app/first-tenant';
import { welcome } from './app/welcome';
import { messageOf } from './files';
import { type Shutdown, INTERRUPTED, listenForShutdown } from './foreground';
import { startProduct } from './product';
import { readStartOptions } from './product-options';
import { createProgress } from './progress';
import { readStackInfo } from './stack-info';

const { env } = process;
const { dir, observe, vault, temporal } = readStartOptions(
  'npm start --',
  'Starts the whole product on this machine: five servers, worker and API, with a first tenant. Ctrl-C stops it.',
);
const progress = createProgress(process.stdout);
const print = (text: string): void => {
  progress.note(text);
};

/** Starts the whole product and creates a first tenant; then stays and restarts what dies. */
async function main(shutdown: Shutdown): Promise<void> {
  const running = await startProduct({ dir, env, progress, shutdown, observe, vault, temporal });
  await showFirstTenant(shutdown);
  if (!shutdown.signal.aborted) print(welcome(running, env));
  await shutdown.ended;
}

/** A tenant that can't be created is no reason to end: the cause is often fixed while the product runs. */
async function showFirstTenant({ signal }: Shutdown): Promise<void> {
  try {
    await createFirstTenant(dir, env, print, signal);
  } catch (error) {
    if (!signal.aborted) print(`The first tenant could not be created: ${messageOf(error)}`);
  }
}

/** Started twice: the first process goes on, this one shows where it is. */
function showRunning({ owner }: LockedError): void {
  print(`FreeFlow is already running (process ${owner.pid}).`);
  print(welcome(readStackInfo(dir), env));
}

/** After any failure: nothing that was started is left running. */
async function endAfterFailure(error: unknown, shutdown: Shutdown): Promise<void> {
  const wasInterrupted = shutdown.signal.aborted;
  await shutdown.stop();
  if (wasInterrupted) {
    print('Stopped before everything was ready.');
    process.exitCode = INTERRUPTED;
  } else if (error instanceof LockedError) {
    showRunning(error);
  } else {
    console.error(messageOf(error));
    process.exitCode = 1;
  }
}

const keepAlive = setInterval(() => undefined, 60_000);
const shutdown = listenForShutdown(print, (code) => {
  process.exit(code);
});
main(shutdown)
  .catch((error: unknown) => endAfterFailure(error, shutdown))
  .finally(() => {
    clearInterval(keepAlive);
    process.exit();
  });
