import { spawn } from 'node:child_process';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { projectRoot } from '../../stack/project';
import type { TestInstallation } from './installation';
import { TEST_STACK } from './master';

/** How a command ended and what it wrote. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `freeflow` as a process whose environment says nothing but what is given; the local stack is the tests' own. */
export const freeflow = (args: string[], env: Record<string, string> = {}): Promise<Ended> =>
  run(process.execPath, ['dist/cli/main.js', ...args], env);

/** The same by the words of README and --help. */
export const npmFreeflow = (args: string[], env: Record<string, string> = {}): Promise<Ended> =>
  run('npm', ['run', '-s', 'freeflow', '--', ...args], env);

async function run(program: string, args: string[], env: Record<string, string>): Promise<Ended> {
  const { PATH = '', HOME = '', NODE_COMPILE_CACHE = '' } = process.env;
  const child = spawn(program, args, {
    cwd: projectRoot(),
    env: { PATH, HOME, NODE_COMPILE_CACHE, FREEFLOW_STACK_DIR: TEST_STACK, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (it) => (output.stdout += String(it)));
  child.stderr.on('data', (it) => (output.stderr += String(it)));
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  return { code, ...output };
}

/**
 * Which of the secrets a command could have seen its output holds: those of the stack, and `hunter22`, which tests make
 * up.
 */
export function secretsIn(
  { stdout, stderr }: Ended,
  { secretsKey, masterDatabase, auth, keycloak, qdrant }: StackInfo,
): string[] {
  const all = [
    'hunter22',
    secretsKey,
    masterDatabase.apiPassword,
    masterDatabase.workerPassword,
    auth.clientSecret,
    keycloak.clientSecret,
    keycloak.provisioner.clientSecret,
    qdrant.apiKey,
  ];
  return all.filter((secret) => (stdout + stderr).includes(secret));
}

/**
 * How the command line finds an installation: its API by client credentials, its master database, and no stack of this
 * folder.
 */
export const envOf = ({
  apiUrl,
  workerMasterUrl,
  info: { auth, secretsKey, keycloak },
}: TestInstallation): Record<string, string> => ({
  FREEFLOW_API_URL: apiUrl,
  FREEFLOW_TOKEN_URL: auth.tokenUrl,
  FREEFLOW_CLIENT_ID: auth.clientId,
  FREEFLOW_CLIENT_SECRET: auth.clientSecret,
  MASTER_DATABASE_URL: workerMasterUrl,
  SECRETS_KEY: secretsKey,
  KEYCLOAK_URL: keycloak.url,
  FREEFLOW_STACK_DIR: '/nonexistent',
});
