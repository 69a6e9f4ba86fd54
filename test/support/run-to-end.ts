// For the tests of this package: its programs as real processes.
import { spawn } from 'node:child_process';
import { projectRoot } from '../../stack/project';

/** How a process ended and what it wrote. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a script with Node in the root of the project, as somebody whose environment says nothing of a master database.
 */
export async function runToEnd(args: string[], env: Record<string, string>): Promise<Ended> {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(SEED|MASTER)_/.test(name)));
  const child = spawn(process.execPath, args, {
    cwd: projectRoot(),
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (it) => (output.stdout += String(it)));
  child.stderr.on('data', (it) => (output.stderr += String(it)));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, ...output };
}
