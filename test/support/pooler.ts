import { spawn, spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findOnPath } from '../../stack/fetch/on-path';
import { freePort } from '../../stack/ports';
import { withPostgres } from './outside';
import { until } from './until';

export type PoolMode = 'session' | 'transaction' | 'statement';

/** A PgBouncer of its own in front of the tests' PostgreSQL server. */
export interface Pooler {
  /** The same login and database, by way of the pooler. */
  via: (url: string) => string;
  log(): string;
  close(): Promise<void>;
}

/** Where Debian puts it is on the PATH of root alone. */
const program = findOnPath('pgbouncer', { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin` });

/** Whether this machine has PgBouncer (Debian: apt-get install pgbouncer); says so aloud where it hasn't. */
export function hasPooler(): boolean {
  if (program === undefined)
    process.stderr.write(
      '\nPgBouncer is not installed: what holds behind one is NOT TESTED here. Install it: apt-get install pgbouncer\n',
    );
  return program !== undefined;
}

/**
 * Starts one as its manual has it: passwords by `auth_query`, and nothing of ours among `ignore_startup_parameters`.
 */
export async function openPooler(serverUrl: string, mode: PoolMode): Promise<Pooler> {
  const { hostname, port: serverPort, username, password } = new URL(serverUrl);
  const folder = mkdtempSync(path.join(tmpdir(), 'freeflow-pgbouncer-'));
  const port = await freePort();
  writeFileSync(path.join(folder, 'users.txt'), `"${username}" "${decodeURIComponent(password)}"\n`);
  writeFileSync(
    path.join(folder, 'pgbouncer.ini'),
    `[databases]
* = host=${hostname} port=${serverPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${folder}/users.txt
auth_user = ${username}
auth_query = SELECT usename, passwd FROM pg_shadow WHERE usename = $1
pool_mode = ${mode}
default_pool_size = 40
max_client_conn = 500
server_idle_timeout = 2
logfile = ${folder}/log
`,
  );
  const user = userInsteadOfRoot();
  if (user !== undefined)
    for (const file of ['', 'users.txt', 'pgbouncer.ini']) chownSync(path.join(folder, file), user.uid, user.gid);
  const child = spawn(program ?? 'pgbouncer', ['-q', path.join(folder, 'pgbouncer.ini')], { stdio: 'ignore', ...user });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const via = (url: string) => Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(port) }).href;
  await until('PgBouncer answers', () => withPostgres(via(serverUrl), async () => true));
  return {
    via,
    log: () => readFileSync(path.join(folder, 'log'), 'utf8'),
    close: async () => {
      child.kill('SIGKILL');
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** It refuses to run as root. */
function userInsteadOfRoot(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const [uid = 0, gid = 0] = ['-u', '-g'].map((option) =>
    Number(spawnSync('id', [option, 'nobody'], { encoding: 'utf8' }).stdout),
  );
  return { uid, gid };
}
