import { createInterface } from 'node:readline/promises';
import { EXIT, Failure } from './failure';
import type { Terminal } from './terminal';

/**
 * Has `yes` typed at the terminal.
 * @throws Failure for every other answer, or where this is not a terminal
 */
export async function confirmByYes({ isInteractive }: Terminal, question: string): Promise<void> {
  if (!isInteractive || process.stdin.isTTY !== true)
    throw new Failure(
      EXIT.usage,
      'Confirmation needed, but this is not a terminal; nothing was changed.',
      'Confirm with --yes. What would be done: --dry-run',
    );
  if ((await ask(`${question} Only yes is taken for that: `)) !== 'yes')
    throw new Failure(EXIT.refused, 'Not confirmed; nothing was changed.', 'Repeat the command and type yes.');
}

async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(question)).trim();
  } finally {
    terminal.close();
  }
}

/**
 * Has the name of what would be lost typed at the terminal.
 * @param what the consequence, as a sentence
 * @throws Failure where the name does not match, or this is not a terminal
 */
export async function confirm({ isInteractive }: Terminal, name: string, what: string): Promise<void> {
  if (!isInteractive || process.stdin.isTTY !== true)
    throw new Failure(EXIT.usage, 'Confirmation needed, but this is not a terminal.', 'Confirm with --yes.');
  if ((await ask(`${what} Type its name to confirm: `)) !== name)
    throw new Failure(
      EXIT.refused,
      'Name does not match; nothing was changed.',
      'Repeat the command and type the name exactly.',
    );
}
