import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { withoutSecrets } from '../environment';
import { projectRoot, stackDir } from '../project';

interface Run {
  /** Of the stack it is to talk to. */
  dir: string;
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal;
  /** Gives back what it prints, instead of showing it. */
  quietly?: boolean;
}

/** Runs the command line as people do, on the stack in this folder. */
export async function freeflow(
  args: readonly string[],
  { dir, env, signal, quietly = false }: Run,
): Promise<{ code: number; stdout: string }> {
  const child = spawn(process.execPath, [join(projectRoot(), 'dist/cli/main.js'), ...args], {
    env: { ...withoutSecrets(env), ...OF_THE_STACK, ...(dir === stackDir() ? {} : { FREEFLOW_STACK_DIR: dir }) },
    stdio: ['inherit', quietly ? 'pipe' : 'inherit', 'inherit'],
    ...(signal ? { signal } : {}),
  });
  let stdout = '';
  child.stdout?.on('data', (it) => {
    stdout += String(it);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? 1, stdout };
}

/** Another installation that the environment may name is not meant. */
const OF_THE_STACK = {
  FREEFLOW_API_URL: '',
  FREEFLOW_TOKEN: '',
  FREEFLOW_TOKEN_URL: '',
  FREEFLOW_CLIENT_ID: '',
  FREEFLOW_CLIENT_SECRET: '',
  MASTER_DATABASE_URL: '',
  SECRETS_KEY: '',
  KEYCLOAK_URL: '',
};
