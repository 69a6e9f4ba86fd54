import { linkSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type ProcessIdentity, processIdentitySchema } from '@freeflow/contract/stack-info';
import { isNodeError, readIfThere } from '../files';
import { identify, isAlive } from './process-identity';

/** Another process, alive, holds the lock. */
export class LockedError extends Error {
  constructor(readonly owner: ProcessIdentity) {
    super(`The lock is held by process ${owner.pid}.`);
  }
}

/**
 * Takes the lock that is the file at this path for this process, and returns how to give it back. A dead owner's lock
 * is taken over.
 *
 * A hard link appears with its content at once and fails if the name exists, on every file system.
 * @throws LockedError while its owner lives
 */
export function takeLock(path: string): () => void {
  mkdirSync(dirname(path), { recursive: true });
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(identify(process.pid)), { mode: 0o600 });
  try {
    if (!tryLink(mine, path)) takeOver(mine, path);
  } finally {
    rmSync(mine, { force: true });
  }
  return () => {
    if (lockOwner(path)?.pid === process.pid) rmSync(path, { force: true });
  };
}

/** Who holds the lock and is alive, if anyone. */
export function lockOwner(path: string): ProcessIdentity | undefined {
  const owner = ownerIn(path);
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
