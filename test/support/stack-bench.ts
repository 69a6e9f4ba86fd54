import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { processIdentitySchema, type ProcessIdentity } from '@freeflow/contract/stack-info';
import { readIfThere } from '@freeflow/lib/files';
import { z } from 'zod';
import { findOnPath } from '../../stack/fetch/on-path';
import { keysOf, PREFERRED_PORTS } from '../../stack/ports';
import { signalGroup } from '../../stack/processes';
import { projectRoot } from '../../stack/project';
import { readStackInfo } from '../../stack/stack-info';
import { TEST_STACK } from './master';
import { until } from './until';

/** A running program of the stack, as somebody at a terminal has it. */
export interface Program {
  pid: number;
  /** All it has printed so far, on either stream. */
  output: () => string;
  /** Waits until it has printed this; fails as soon as it has ended without. */
  prints: (what: RegExp) => Promise<RegExpExecArray>;
  /** Ctrl-C. */
  interrupt: () => void;
  /** Its exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals | null>;
}

/** Programs of this test file that have not ended yet. */
const running = new Set<number>();

/** Variables that would lead a stack away from servers of its own. */
const MISLEADING =
  /^(MASTER_|POSTGRES_|MONGODB_|QDRANT_|KEYCLOAK_|TEMPORAL_|TASK_QUEUE|SECRETS_|FREEFLOW_|FORCE_COLOR)/;
const plainEnv = () => Object.fromEntries(Object.entries(process.env).filter(([name]) => !MISLEADING.test(name)));

/**
 * Runs something in the project's folder, in a process group of its own as a shell does. It is asked to end if the test
 * dies.
 */
export function run(command: string, args: readonly string[], env: Record<string, string> = {}): Program {
  const setpriv = findOnPath('setpriv', process.env);
  const [file, all] = setpriv === undefined ? [command, args] : [setpriv, ['--pdeathsig', 'TERM', command, ...args]];
  const child = spawn(file, all, {
    cwd: projectRoot(),
    // Blank realms on a server that outlives the stack would be nobody's.
    env: { ...plainEnv(), NO_COLOR: '1', KEYCLOAK_POOL_SIZE: '0', ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${file} could not be started`);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
    });
  running.add(pid);
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.once('close', (code, signal) => {
      running.delete(pid);
      resolve(code ?? signal);
    }),
  );
  const prints = async (what: RegExp) => {
    const found = await until(`${command} prints ${String(what)}`, async () => what.exec(said) ?? !running.has(pid));
    if (found === true) throw new Error(`it has ended without printing ${String(what)}:\n${said}`);
    return found;
  };
  return {
    pid,
    output: () => said,
    prints,
    interrupt: () => {
      process.kill(-pid, 'SIGINT');
    },
    ended,
  };
}

/** `npm start`, without the install and the build before it. */
export const npmStart = (dir: string, env: Record<string, string> = {}): Program =>
  run(process.execPath, ['dist/stack/start.js'], { ...env, FREEFLOW_STACK_DIR: dir });

/** `npm run stack:<command> -- --dir <dir>` */
export const stack = (
  command: string,
  dir: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Program => run(process.execPath, ['dist/stack/main.js', command, ...args, '--dir', dir], env);

/** By which a stack uses the Keycloak of all tests: one of its own is dear to start. */
export function sharedKeycloak(): Record<string, string> {
  const { url, clientId, clientSecret } = readStackInfo(TEST_STACK).keycloak;
  return { KEYCLOAK_URL: url, KEYCLOAK_CLIENT_ID: clientId, KEYCLOAK_CLIENT_SECRET: clientSecret };
}

/** A command that ends by itself: its exit code and all it has printed. */
export async function outcome(program: Program): Promise<{ code: number | NodeJS.Signals | null; output: string }> {
  return { code: await program.ended, output: program.output() };
}

/** A folder for a stack, outside the checkout and with a space in its name, as a user's may have. */
export const newStackDir = (): string => mkdtempSync(path.join(tmpdir(), 'freeflow stack-'));

/**
 * Gives the stack ports as if an earlier start had chosen them: where no other stack looks for free ones while this one
 * is dead.
 */
export function keepPorts(dir: string): number[] {
  const names = keysOf(PREFERRED_PORTS);
  const base = 12_000 + randomInt(1_000) * names.length;
  const ports = Object.fromEntries(names.map((name, at) => [name, base + at]));
  writeFileSync(path.join(dir, 'settings.json'), JSON.stringify({ ports, credentials: {} }));
  return Object.values(ports);
}

const noted = z.record(z.string(), processIdentitySchema);

/** Every process that the stack in the folder has noted as started by it. */
export const notedIn = (dir: string): ProcessIdentity[] =>
  ['processes.json', 'app-processes.json'].flatMap((file) =>
    Object.values(noted.parse(JSON.parse(readIfThere(path.join(dir, file)) ?? '{}'))),
  );

/** Whatever a failed test has left running is ended, then the folders go. */
export async function removeStackDirs(...dirs: string[]): Promise<void> {
  await Promise.all(dirs.map((dir) => stack('stop', dir).ended));
  for (const pid of running) signalGroup(pid, 'SIGKILL');
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
}

/** The pids of everything that works in the folder or was told its name: also what no file of the stack tells of. */
export function processesIn(dir: string): number[] {
  const others = readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid);
  return others.filter(
    (pid) =>
      readIfAlive(() => readlinkSync(`/proc/${pid}/cwd`)).startsWith(dir) ||
      ['cmdline', 'environ'].some((file) =>
        readIfAlive(() => readFileSync(`/proc/${pid}/${file}`, 'utf8')).includes(dir),
      ),
  );
}

function readIfAlive(read: () => string): string {
  try {
    return read();
  } catch {
    // It has ended in the meantime, or is another party's.
    return '';
  }
}
