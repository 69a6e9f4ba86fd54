import { spawn } from 'node:child_process';
import { projectRoot } from '../../stack/project';

/** Python's standard library opens the terminal: it is needed by the stack anyway. */
const IN_A_TERMINAL = 'import os,pty,sys\nsys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))';

/** A command that believes a person sits in front of it. */
export interface Sitting {
  /** Everything it has shown so far, colours and spinner included. */
  screen: () => string;
  type: (text: string) => void;
  ended: Promise<number | null>;
}

/** Runs `freeflow` in a terminal of so many columns; with 0 it doesn't know how many. */
export function sitDown(args: readonly string[], env: Record<string, string>, columns = 100): Sitting {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(
    'python3',
    [
      '-c',
      IN_A_TERMINAL,
      'sh',
      '-c',
      `stty cols ${columns} rows 30; exec "$@"`,
      'sh',
      process.execPath,
      'dist/cli/main.js',
      ...args,
    ],
    { cwd: projectRoot(), env: { PATH, HOME, TERM: 'xterm-256color', ...env }, stdio: 'pipe' },
  );
  let screen = '';
  child.stdout.on('data', (it) => {
    screen += String(it);
  });
  child.stderr.on('data', (it) => {
    screen += String(it);
  });
  return {
    screen: () => screen,
    type: (text) => {
      child.stdin.write(text);
    },
    ended: new Promise((resolve, reject) => child.on('error', reject).on('close', resolve)),
  };
}
