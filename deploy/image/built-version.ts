import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { projectRoot } from '../../stack/project';

/** The version of the programs that are built here, whatever has been committed since. */
export function builtVersion(): string {
  const program = path.join(projectRoot(), 'dist/cli/main.js');
  return execFileSync(process.execPath, [program, '--version'], { encoding: 'utf8' }).trim();
}
