import { linkSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ProcessIdentity, processIdentitySchema } from '@freeflow/contract/stack-info';
import { isNodeError, readIfThere } from '@freeflow/lib/files';
import { identify, isAlive } from './processes';

/**
 * Names of the locks of a stack's folder: who runs the servers, who runs API and worker; and of the cache: who chooses
 * ports.
 */
export type LockName = 'servers.lock' | 'app.lock' | 'ports.lock';

/** Another process, alive, holds the lock. */
export class LockedError extends Error {
  constructor(readonly owner: ProcessIdentity) {
    super(`The stack in this folder is in use by process ${owner.pid}.`);
  }
}

/**
 * Takes a lock of the folder for this process and returns how to give it back. A dead owner's lock is taken over.
 *
 * A hard link appears with its content at once and fails if the name exists, on every file system.
 * @throws LockedError while its owner lives
 */
export function takeLock(dir: string, name: LockName): () => void {
  mkdirSync(dir, { recursive: true });
  const path = join(dir, name);
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(identify(process.pid)), { mode: 0o600 });
  try {
    if (!tryLink(mine, path)) takeOver(mine, path);
  } finally {
    rmSync(mine, { force: true });
  }
  return () => {
    if (lockOwner(dir, name)?.pid === process.pid) rmSync(path, { force: true });
  };
}

/** Who holds the lock and is alive, if anyone. */
export function lockOwner(dir: string, name: LockName): ProcessIdentity | undefined {
  const owner = ownerIn(join(dir, name));
  return owner !== undefined && isAlive(owner) ? owner : undefined;
}

function ownerIn(path: string): ProcessIdentity | undefined {
  const text = readIfThere(path);
  if (text === undefined) return undefined;
  try {
    return processIdentitySchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/**
 * Two that find the same dead owner must not remove each other's fresh lock, so removing is itself done by one at a
 * time.
 */
function takeOver(mine: string, path: string): void {
  const guard = `${path}.takeover`;
  const guardAge = Date.now() - (statSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  if (guardAge > 10_000) rmSync(guard, { force: true });
  const owner = ownerIn(path);
  if ((owner !== undefined && isAlive(owner)) || !tryLink(mine, guard))
    throw new LockedError(owner ?? identify(process.pid));
  try {
    const still = ownerIn(path);
    if (still !== undefined && isAlive(still)) throw new LockedError(still);
    rmSync(path, { force: true });
    if (!tryLink(mine, path)) throw new LockedError(ownerIn(path) ?? identify(process.pid));
  } finally {
    rmSync(guard, { force: true });
  }
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (isNodeError(error) && error.code === 'EEXIST') return false;
    throw error;
  }
}
