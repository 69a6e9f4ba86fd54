import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { escapeLiteral } from 'pg';
import { projectRoot } from '../../stack/project';
import { readStackInfo } from '../../stack/stack-info';
import { withPostgres } from './outside';

/** The folder of the stack the tests run on. */
export const TEST_STACK = process.env['FREEFLOW_TEST_STACK'] ?? '.freeflow-test';
const MIGRATOR = path.join(projectRoot(), 'prisma/dist/migrate-main.js');

/** A master database of its own for one test file, on the shared test servers. */
export interface Master {
  info: StackInfo;
  database: string;
  ownerUrl: string;
  apiUrl: string;
  workerUrl: string;
  drop(): Promise<void>;
}

/**
 * Makes a master database by the real migrator.
 * @param timezone what the database would have its sessions be in: never UTC, since nothing may depend on it
 */
export async function openMaster(info = readStackInfo(TEST_STACK), timezone = 'Asia/Kathmandu'): Promise<Master> {
  const database = `freeflow_master_${randomBytes(5).toString('hex')}`;
  const { masterDatabaseUrl, masterDatabase } = info;
  const ownerUrl = inDatabase(masterDatabaseUrl, database);
  await migrate({
    MASTER_DATABASE_URL: ownerUrl,
    MASTER_API_ROLE_PASSWORD: masterDatabase.apiPassword,
    MASTER_WORKER_ROLE_PASSWORD: masterDatabase.workerPassword,
  });
  await withPostgres(ownerUrl, (owner) =>
    owner.query(`ALTER DATABASE ${database} SET timezone = ${escapeLiteral(timezone)}`),
  );
  return {
    info,
    database,
    ownerUrl,
    apiUrl: inDatabase(masterDatabase.apiUrl, database),
    workerUrl: inDatabase(masterDatabase.workerUrl, database),
    drop: () =>
      withPostgres(
        info.postgres.url,
        async (owner) => void (await owner.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`)),
      ),
  };
}

/** The same URL, another database. */
export function inDatabase(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}

async function migrate(env: Record<string, string>): Promise<void> {
  const child = spawn(process.execPath, [MIGRATOR], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (it) => (output += String(it)));
  child.stderr.on('data', (it) => (output += String(it)));
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`the migrator ended with ${String(code)}: ${output}`);
}
