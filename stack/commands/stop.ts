import type { ProcessIdentity } from '@freeflow/contract/stack-info';
import { type LockName, lockOwner } from '../lock';
import { waitUntilGone } from '../processes';
import { ProcessRegistry } from '../registry';
import { removeStackInfo } from '../stack-info';

/** API and worker end before the servers they use. */
const LOCKS: readonly LockName[] = ['app.lock', 'servers.lock'];

const STOP_WITHIN_MS = 60_000;

/**
 * Ends everything that runs in a folder, what a killed start has left included.
 * @returns whether anything ran
 */
export async function stopStack(dir: string, tell: (text: string) => void): Promise<boolean> {
  let ran = false;
  for (const lock of LOCKS) {
    const owner = lockOwner(dir, lock);
    if (owner === undefined) continue;
    ran = true;
    tell(`Stopping process ${owner.pid} and all that it has started ...`);
    await end(owner, tell);
  }
  const leftovers = await Promise.all(
    [new ProcessRegistry(dir, 'app-processes.json'), new ProcessRegistry(dir, 'processes.json')].map((registry) =>
      registry.endLeftovers(),
    ),
  );
  removeStackInfo(dir);
  const ended = leftovers.flat();
  if (ended.length > 0) tell(`Ended what a killed start had left: ${ended.join(', ')}`);
  return ran || ended.length > 0;
}

async function end(owner: ProcessIdentity, tell: (text: string) => void): Promise<void> {
  process.kill(owner.pid, 'SIGTERM');
  if (await waitUntilGone(owner, STOP_WITHIN_MS)) return;
  tell(`It has not ended within ${STOP_WITHIN_MS / 1000} s and is killed.`);
  process.kill(owner.pid, 'SIGKILL');
  await waitUntilGone(owner, 5_000);
}
