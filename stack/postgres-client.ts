import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { findOnPath } from './fetch/on-path';
import { messageOf } from './files';
import { stackDir } from './project';
import { programBeside } from './servers/postgres-programs';
import { readStackInfo } from './stack-info';

/**
 * A client program of PostgreSQL (psql, pg_dump), logged in to the running stack's server as its owner. What its
 * arguments name goes first.
 */
async function main([name = 'psql', ...args]: readonly string[]): Promise<number> {
  const info = readStackInfo(stackDir(process.env['FREEFLOW_STACK_DIR']));
  const program = clientProgram(info, name);
  const child = spawn(program, args, { stdio: 'inherit', env: { ...loginOf(info), ...process.env } });
  // Ctrl-C is for the client (psql cancels its query); it reaches both.
  process.on('SIGINT', () => undefined);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

function clientProgram({ postgres }: StackInfo, name: string): string {
  const { programPath } = postgres;
  const found =
    programPath === undefined ? findOnPath(name, process.env) : programBeside(programPath, name, process.env);
  if (found !== undefined) return found;
  throw new Error(
    `${name} is neither beside the PostgreSQL server in use nor on PATH: install PostgreSQL's client programs`,
  );
}

/** The variables by which libpq logs in: the password stays out of the arguments, where everybody could see it. */
function loginOf({ masterDatabaseUrl, postgres }: StackInfo): Record<string, string> {
  const { hostname, port, username, password } = new URL(postgres.url);
  return {
    PGHOST: hostname,
    PGPORT: port === '' ? '5432' : port,
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: new URL(masterDatabaseUrl).pathname.slice(1),
  };
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(messageOf(error));
    process.exitCode = 1;
  },
);
