import { workerEnv } from '../../stack/stack-info';
import { freeflow, secretsIn, type Ended } from './freeflow';
import { freeflowHere } from './freeflow-here';
import type { TestInstallation } from './installation';

/** What `freeflow doctor --json` said of one check. */
export interface Told {
  status: string;
  seen: string;
  advice: string;
}

interface Report {
  code: number | null;
  lines: Record<string, Told>;
}

/**
 * Runs `freeflow doctor --json`, in this process, on an installation that the environment names; fails where a secret
 * is shown.
 */
export const doctor = async (
  installation: Pick<TestInstallation, 'info'>,
  env: Record<string, string>,
): Promise<Report> => reportOf(await freeflowHere(['doctor', '--json'], env), installation, env);

/** The same as a process. Jest's own errors aren't those that Node throws where nothing listens: here they are. */
export const doctorProcess = async (
  installation: Pick<TestInstallation, 'info'>,
  env: Record<string, string>,
): Promise<Report> => reportOf(await freeflow(['doctor', '--json'], env), installation, env);

function reportOf(ended: Ended, { info }: Pick<TestInstallation, 'info'>, env: Record<string, string>): Report {
  const shown = secretsIn(ended, info);
  const passwords = Object.values(env)
    .flatMap((value) => /\/\/[^:/@]+:([^@]+)@/.exec(value)?.[1] ?? [])
    .filter((it) => ended.stdout.includes(it));
  if (shown.length + passwords.length > 0 || ended.stderr !== '')
    throw new Error(`a secret is shown, or something is on stderr: ${ended.stderr}`);
  const all = JSON.parse(ended.stdout) as (Told & { check: string })[];
  return { code: ended.code, lines: Object.fromEntries(all.map(({ check, ...told }) => [check, told])) };
}

/** The checks that ended like this. */
export const those = (lines: Record<string, Told>, status: string): string[] =>
  Object.keys(lines).filter((check) => lines[check]?.status === status);

/** What the checks that failed have seen. */
export const failures = (lines: Record<string, Told>): Record<string, string> =>
  Object.fromEntries(those(lines, 'fail').map((check) => [check, lines[check]?.seen ?? '']));

/** All variables of an installation, as its operator would set them. */
export function doctorEnv({
  info,
  apiUrl,
  workerUrl,
  workerMasterUrl,
  masterUrl,
  taskQueue,
}: TestInstallation): Record<string, string> {
  return {
    ...workerEnv(info),
    MASTER_DATABASE_URL: workerMasterUrl,
    MASTER_OWNER_URL: masterUrl,
    TASK_QUEUE: taskQueue,
    FREEFLOW_API_URL: apiUrl,
    FREEFLOW_WORKER_URL: workerUrl,
    FREEFLOW_TOKEN_URL: info.auth.tokenUrl,
    FREEFLOW_CLIENT_ID: info.auth.clientId,
    FREEFLOW_CLIENT_SECRET: info.auth.clientSecret,
    KEYCLOAK_OWNER_CLIENT_ID: info.keycloak.clientId,
    KEYCLOAK_OWNER_CLIENT_SECRET: info.keycloak.clientSecret,
  };
}
