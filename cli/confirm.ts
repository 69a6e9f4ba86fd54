import { createInterface } from 'node:readline/promises';
import { EXIT, Failure } from './failure';
import type { Terminal } from './terminal';

/**
 * Has the name of what would be lost typed at the terminal.
 * @param what the consequence, as a sentence
 * @throws Failure where the name does not match, or this is not a terminal
 */
export async function confirm({ isInteractive }: Terminal, name: string, what: string): Promise<void> {
  if (!isInteractive || process.stdin.isTTY !== true)
    throw new Failure(EXIT.usage, 'Confirmation needed, but this is not a terminal.', 'Confirm with --yes.');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const typed = await terminal.question(`${what} Type its name to confirm: `);
    if (typed.trim() !== name)
      throw new Failure(
        EXIT.refused,
        'Name does not match; nothing was changed.',
        'Repeat the command and type the name exactly.',
      );
  } finally {
    terminal.close();
  }
}
