import { execFileSync, spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname } from 'node:path';

export interface User {
  uid: number;
  gid: number;
}

/**
 * PostgreSQL refuses to run as root, so root lends it to the user `postgres`, or to `nobody`, whom every system has.
 * @param data a cluster that exists stays its owner's: a user `postgres` may have come to this machine since
 */
export function userInsteadOfRoot(data?: string): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = data === undefined ? undefined : statSync(data, { throwIfNoEntry: false });
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = ['-u', '-g'].map((option) =>
        Number(execFileSync('id', [option, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })),
      );
      if (uid !== undefined && gid !== undefined) return { uid, gid };
    } catch {
      // No such user.
    }
  }
  throw new Error(
    'PostgreSQL does not run as root, and there is neither a user postgres nor nobody: start the stack as another user',
  );
}

/**
 * Whether this user may run the program, as the system itself sees it: folders on the way, groups and lists of access
 * included.
 */
export const mayRun = (user: User, program: string): boolean =>
  spawnSync('test', ['-x', program], { ...user, cwd: '/', stdio: 'ignore' }).status === 0;

/** Whether everybody may pass all folders on the way to a file. */
export function isOpenToAll(path: string): boolean {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}
