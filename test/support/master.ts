import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { grantAccess, MASTER_ROLES } from '@freeflow/db-master';
import { escapeLiteral } from 'pg';
import { projectRoot } from '../../stack/project';
import { findStackInfo, readStackInfo } from '../../stack/stack-info';
import { withPostgres } from './outside';

/** The folder of the stack the tests run on. */
export const TEST_STACK = process.env['FREEFLOW_TEST_STACK'] ?? '.freeflow-test';
const MIGRATIONS = path.join(projectRoot(), 'prisma/migrations');
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
 * Makes a master database as the real migrator does: on the shared servers it migrates a template, once.
 * @param timezone what the database would have its sessions be in: never UTC, since nothing may depend on it
 */
export async function openMaster(info = readStackInfo(TEST_STACK), timezone = 'Asia/Kathmandu'): Promise<Master> {
  const database = `freeflow_master_${randomBytes(5).toString('hex')}`;
  const { masterDatabaseUrl, masterDatabase } = info;
  const ownerUrl = inDatabase(masterDatabaseUrl, database);
  const isShared = info.masterDatabaseUrl === findStackInfo(TEST_STACK)?.masterDatabaseUrl;
  await (isShared ? copyTemplate(info, database) : migrate(info, database));
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

const TEMPLATE = `freeflow_master_template_${hashOfMigrations()}`;
/** Nobody may be in a template while it is copied. */
const TEMPLATE_LOCK = 7_305_119;

/** Another database from the template, with an id of its own and the rights that a database doesn't inherit. */
async function copyTemplate(info: StackInfo, database: string): Promise<void> {
  await withPostgres(inDatabase(info.masterDatabaseUrl, 'postgres'), async (owner) => {
    await owner.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    const { rows } = await owner.query('SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate', [TEMPLATE]);
    if (rows.length === 0) {
      await migrate(info, TEMPLATE);
      await owner.query(`ALTER DATABASE ${TEMPLATE} IS_TEMPLATE true`);
    }
    await owner.query(`CREATE DATABASE ${database} TEMPLATE ${TEMPLATE}`);
  });
  await withPostgres(inDatabase(info.masterDatabaseUrl, database), async (owner) => {
    await owner.query('UPDATE "Installation" SET id = gen_random_uuid()');
    await grantAccess(owner, database, MASTER_ROLES);
  });
}

/** So that a kept stack has another template when the migrations are others. */
function hashOfMigrations(): string {
  const hash = createHash('sha256');
  for (const it of readdirSync(MIGRATIONS, { recursive: true, withFileTypes: true }).sort((one, other) =>
    one.parentPath.localeCompare(other.parentPath),
  ))
    if (it.isFile()) hash.update(readFileSync(path.join(it.parentPath, it.name)));
  return hash.digest('hex').slice(0, 10);
}

/** Runs the migrator itself, in a process of its own. */
async function migrate({ masterDatabaseUrl, masterDatabase }: StackInfo, database: string): Promise<void> {
  const env = {
    MASTER_DATABASE_URL: inDatabase(masterDatabaseUrl, database),
    MASTER_API_ROLE_PASSWORD: masterDatabase.apiPassword,
    MASTER_WORKER_ROLE_PASSWORD: masterDatabase.workerPassword,
  };
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
