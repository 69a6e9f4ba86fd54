import { AsyncLocalStorage } from 'node:async_hooks';
import path from 'node:path';
import { format } from 'node:util';
import { Command } from 'commander';
import { addCommands } from '../../cli/commands';
import { addCommandsWithDrivers } from '../../cli/commands/with-drivers';
import { EXIT } from '../../cli/failure';
import { invocationOf } from '../../cli/invocation';
import { outcomeOf } from '../../cli/outcome';
import { projectRoot } from '../../stack/project';
import type { Ended } from './freeflow';
import { TEST_STACK } from './master';

/** What is printed by the command in progress: several may run side by side. */
const output = new AsyncLocalStorage<{ stdout: string; stderr: string }>();

/**
 * Runs a command of `freeflow` in this process, which costs a fraction of one of its own: the same parser, the same
 * words and the same exit code, piped as ever. That the process itself prints and ends like this is what
 * {@link import('./freeflow').freeflow} is for.
 */
export async function freeflowHere(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const printed = { stdout: '', stderr: '' };
  const given = { FREEFLOW_STACK_DIR: path.resolve(projectRoot(), TEST_STACK), ...env };
  const code = await output.run(printed, () => withConsole(() => run(args, given)));
  return { code, ...printed };
}

async function run(args: readonly string[], env: Record<string, string>): Promise<number> {
  let code: number = EXIT.done;
  const host = { env, end: (it: number) => void (code = it) };
  const program = new Command('freeflow').exitOverride().configureOutput({
    writeOut: (text) => write('stdout', text),
    writeErr: (text) => write('stderr', text),
  });
  const stream = (name: 'stdout' | 'stderr') => ({ write: (text: string) => write(name, text) });
  const process = { env, exit: host.end, stdout: stream('stdout'), stderr: stream('stderr') };
  addCommandsWithDrivers(program, addCommands(program, host), host, process as unknown as NodeJS.Process);
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    const outcome = outcomeOf(error, invocationOf(env));
    if (outcome === undefined) throw error;
    if (outcome.message !== undefined) write('stderr', `${outcome.message}\n`);
    return outcome.exitCode;
  }
}

const write = (stream: 'stdout' | 'stderr', text: string): void => {
  const printed = output.getStore();
  if (printed !== undefined) printed[stream] += text;
};

let atWork = 0;
let restore = (): void => undefined;

/** The commands print by the console, and look whether it is a terminal: that is nobody's here, as in a pipe. */
async function withConsole<T>(work: () => Promise<T>): Promise<T> {
  if (atWork++ === 0) {
    const { log, error } = console;
    const { isTTY } = process.stdout;
    console.log = (...all: unknown[]) => write('stdout', `${format(...all)}\n`);
    console.error = (...all: unknown[]) => write('stderr', `${format(...all)}\n`);
    process.stdout.isTTY = false;
    restore = () => {
      Object.assign(console, { log, error });
      process.stdout.isTTY = isTTY;
    };
  }
  try {
    return await work();
  } finally {
    if (--atWork === 0) restore();
  }
}
