import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { lockOwner } from '../lock';
import { stopStack } from './stop';

/** What a stack keeps; its folder may hold other files. */
const KEPT = ['data', 'logs', 'settings.json', 'processes.json', 'app-processes.json', 'stack.json'];

/**
 * Deletes all data, ports and credentials of a folder after a confirmation.
 * @param isSure the question was answered on the command line
 * @returns the exit code: 1 when it was not confirmed
 */
export async function reset(dir: string, isSure: boolean, print: (text: string) => void): Promise<number> {
  if (!existsSync(dir)) {
    print(`Nothing to delete in ${dir}.`);
    return 0;
  }
  const isRunning = lockOwner(dir, 'servers.lock') !== undefined || lockOwner(dir, 'app.lock') !== undefined;
  const question = `${isRunning ? 'A stack is running there and will be stopped first. ' : ''}Delete all data, logs, ports and credentials in ${dir}?`;
  if (!isSure && !(await isConfirmed(question))) {
    print('Nothing was deleted. (--yes deletes without confirmation.)');
    return 1;
  }
  await stopStack(dir, print);
  for (const name of KEPT) rmSync(join(dir, name), { recursive: true, force: true });
  print(`Deleted all data, logs, ports and credentials in ${dir}.`);
  return 0;
}

async function isConfirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}
