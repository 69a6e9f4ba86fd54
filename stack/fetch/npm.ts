import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { projectRoot } from '../project';

/**
 * A file of a package that pnpm has installed with the project (version and checksum are in its lock file).
 * @param needed the package that brings it, if it is not the project's own
 * @returns undefined where the package isn't installed: it is for other platforms
 */
export function findPackageFile(name: string, file: string, needed?: string): string | undefined {
  const modules = join(projectRoot(), 'node_modules');
  const parent = needed === undefined ? modules : dirname(realpathIfThere(join(modules, needed)));
  const path = join(parent, name, file);
  return existsSync(path) ? realpathSync(path) : undefined;
}

const realpathIfThere = (path: string): string => (existsSync(path) ? realpathSync(path) : path);
