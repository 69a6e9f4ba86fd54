import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { textOf } from './documents';

/** The one command line for Temporal's CLI in a document that has all these words. */
export function temporalCommand(file: string, ...words: string[]): string {
  const lines = textOf(file)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('temporal ') && words.every((it) => line.includes(it)));
  const [found, ...more] = lines;
  if (found === undefined || more.length > 0) throw new Error(`${file} has not one command with ${words.join(', ')}`);
  return found;
}

/** Runs such a line as its reader would, with these variables set. Gives what it prints. */
export async function runTemporalCommand(
  { temporal: { cliPath, address, namespace } }: StackInfo,
  command: string,
  variables: Readonly<Record<string, string>>,
): Promise<string> {
  if (cliPath === undefined) throw new Error('the Temporal of the test servers is not ours, and brings no CLI along');
  const env = {
    ...process.env,
    PATH: `${path.dirname(cliPath)}:${process.env['PATH']}`,
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    ...variables,
  };
  return (await promisify(execFile)('sh', ['-c', command], { env })).stdout;
}
