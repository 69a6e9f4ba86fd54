import { join } from 'node:path';
import type { ProcessIdentity } from '@freeflow/contract/stack-info';
import * as files from '@freeflow/lib/lock';

/**
 * Names of the locks of a stack's folder: who runs the servers, who runs API and worker; and of the cache: who chooses
 * ports.
 */
export type LockName = 'servers.lock' | 'app.lock' | 'ports.lock';

/**
 * Takes a lock of the folder for this process and returns how to give it back.
 * @throws LockedError while its owner lives
 */
export const takeLock = (dir: string, name: LockName): (() => void) => files.takeLock(join(dir, name));

/** Who holds the lock and is alive, if anyone. */
export const lockOwner = (dir: string, name: LockName): ProcessIdentity | undefined => files.lockOwner(join(dir, name));
