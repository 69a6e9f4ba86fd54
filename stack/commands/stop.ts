import type { ProcessIdentity } from '@freeflow/contract/stack-info';
import { type LockName, lockOwner } from '../lock';
import { waitUntilGone } from '../processes';
import { ProcessRegistry } from '../registry';
import { removeStackInfo } from '../stack-info';

/** API and worker end before the servers they use. */
const LOCKS: readonly LockName[] = ['app.lock', 'servers.lock'];

const STOP_WITHIN_MS = 60_000;

/**
 * Ends everything that runs in a folder, including what a killed start has left behind.
 * @returns whether anything ran
 */
export async function stopStack(dir: string, print: (text: string) => void): Promise<boolean> {
  let ran = false;
  for (const lock of LOCKS) {
    const owner = lockOwner(dir, lock);
    if (owner === undefined) continue;
    ran = true;
    print(`Stopping process ${owner.pid} and everything it has started ...`);
    await endOwner(owner, print);
  }
  const leftovers = await Promise.all(
    [new ProcessRegistry(dir, 'app-processes.json'), new ProcessRegistry(dir, 'processes.json')].map((registry) =>
      registry.endLeftovers(),
    ),
  );
  removeStackInfo(dir);
  const ended = leftovers.flat();
  if (ended.length > 0) print(`Ended processes that a killed start had left behind: ${ended.join(', ')}`);
  return ran || ended.length > 0;
}

async function endOwner(owner: ProcessIdentity, print: (text: string) => void): Promise<void> {
  process.kill(owner.pid, 'SIGTERM');
  if (await waitUntilGone(owner, STOP_WITHIN_MS)) return;
  print(`It did not end within ${STOP_WITHIN_MS / 1000} s; killing it.`);
  process.kill(owner.pid, 'SIGKILL');
  await waitUntilGone(owner, 5_000);
}
