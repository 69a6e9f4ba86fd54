import { execFile, execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readIfThere } from '@freeflow/lib/files';
import { startTimeOf } from '@freeflow/lib/lock';
import { findOnPath } from '../fetch/on-path';
import type { LaunchPlan } from '../managed-process';
import { isOpenToAll, userInsteadOfRoot, type User } from './postgres-user';

const run = promisify(execFile);

export interface ClusterOptions {
  dir: string;
  initdb: string;
  owner: string;
  password: string;
  env: NodeJS.ProcessEnv;
}

export interface Cluster {
  /** The data directory. */
  data: string;
  /** The same command, run as the user who owns the cluster. */
  asClusterUser: (plan: Pick<LaunchPlan, 'command' | 'args'>) => LaunchPlan;
}

/** Makes the data directory unless there is one, and clears what a killed server left. */
export async function prepareCluster({ dir, initdb, owner, password, env }: ClusterOptions): Promise<Cluster> {
  const parent = join(dir, 'data');
  const data = join(parent, 'postgres');
  mkdirSync(parent, { recursive: true });
  const user = userInsteadOfRoot(data);
  const asClusterUser = ({ command, args }: Pick<LaunchPlan, 'command' | 'args'>): LaunchPlan =>
    runAs(user, { command, args, env, cwd: data }, [command, parent]);
  if (existsSync(data)) removeStaleLock(data);
  else await initialise({ parent, data, initdb, owner, password, user, plan: asClusterUser });
  return { data, asClusterUser };
}

/**
 * A folder that only root may enter (a home, a temporary one) would shut the other user out of program and data:
 * then it keeps root's right to pass through, and nothing else of root.
 */
function runAs(user: User | undefined, plan: LaunchPlan, paths: readonly string[]): LaunchPlan {
  if (user === undefined) return plan;
  if (paths.every((path) => isOpenToAll(path))) return { ...plan, user };
  const setpriv = findOnPath('setpriv', plan.env);
  if (setpriv === undefined)
    throw new Error(
      `PostgreSQL runs as another user than root, who can't enter all folders on the way to ${paths.join(' and ')}: open them (chmod o+x) or start the stack as another user`,
    );
  return {
    ...plan,
    command: setpriv,
    args: [
      `--reuid=${user.uid}`,
      `--regid=${user.gid}`,
      '--clear-groups',
      '--inh-caps=+dac_override',
      '--ambient-caps=+dac_override',
      plan.command,
      ...plan.args,
    ],
  };
}

interface Initialisation {
  parent: string;
  data: string;
  initdb: string;
  owner: string;
  password: string;
  user: User | undefined;
  plan: Cluster['asClusterUser'];
}

/**
 * initdb works in a folder of its own, which gets its name only when all is there: a start killed half way leaves no
 * half cluster.
 */
async function initialise({ parent, data, initdb, owner, password, user, plan }: Initialisation): Promise<void> {
  const work = mkdtempSync(join(parent, 'postgres.unfinished-'));
  const [fresh, passwordFile] = [join(work, 'cluster'), join(work, 'password')];
  try {
    writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
    mkdirSync(fresh, { mode: 0o700 });
    if (user !== undefined) for (const path of [work, fresh, passwordFile]) chownSync(path, user.uid, user.gid);
    const {
      command,
      args,
      env,
      user: as,
    } = plan({
      command: initdb,
      args: [
        '-D',
        fresh,
        '--username',
        owner,
        '--pwfile',
        passwordFile,
        '--auth',
        'scram-sha-256',
        '--encoding',
        'UTF8',
        '--no-locale',
        '--no-sync',
      ],
    });
    await run(command, [...args], { env, cwd: fresh, ...as });
    renameSync(fresh, data);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * PostgreSQL removes a killed server's lock itself, unless the pid in it was given to another process since.
 * @throws Error when a server still runs on this data
 */
function removeStaleLock(data: string): void {
  const lock = join(data, 'postmaster.pid');
  const pid = Number(readIfThere(lock)?.split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 0) return;
  if (startTimeOf(pid) !== undefined && commandOf(pid).includes(data))
    throw new Error(`Another PostgreSQL (process ${pid}) is running on ${data}. Stop it first.`);
  rmSync(lock, { force: true });
}

function commandOf(pid: number): string {
  try {
    return execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return '';
  }
}
