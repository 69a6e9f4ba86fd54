import { spawn } from 'node:child_process';
import path from 'node:path';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { withDatabase } from '@freeflow/lib/pg';
import { Client } from 'pg';
import { projectRoot } from '../../stack/project';
import { fillAudit, fillEvents } from '../../test/support/many-audited';
import { fillWithTenants } from '../../test/support/many-tenants';
import { withPostgres } from '../../test/support/outside';
import { takeSample } from '../../test/support/reading-routes';

/** A master database of many tenants, of which nothing exists at any backend. */
export interface ScaleDatabase {
  tenants: number;
  name: string;
  /** A session of its owner. */
  owner: Client;
  apiUrl: string;
  workerUrl: string;
  drop(): Promise<void>;
}

const LOG_ROWS = 20;
/** The youngest is older than what may be deleted. */
const MINUTES_AGO = 40 * 24 * 60;

/** Makes it anew, with log rows of 20 attempts per tenant: minutes for 100,000. */
export async function openScaleDatabase(info: StackInfo, tenants: number): Promise<ScaleDatabase> {
  const name = `freeflow_scale_${tenants}`;
  const ownerUrl = withDatabase(info.masterDatabaseUrl, name);
  await dropDatabase(info, name);
  await migrate(info, ownerUrl);
  const owner = new Client({ connectionString: ownerUrl });
  await owner.connect();
  await fillWithTenants(owner, { tenants, logRows: LOG_ROWS, minutesAgo: MINUTES_AGO });
  const sample = await takeSample(owner);
  await fillAudit(owner, sample);
  await fillEvents(owner, sample);
  return {
    tenants,
    name,
    owner,
    apiUrl: withDatabase(info.masterDatabase.apiUrl, name),
    workerUrl: withDatabase(info.masterDatabase.workerUrl, name),
    drop: async () => {
      await owner.end();
      await dropDatabase(info, name);
    },
  };
}

const dropDatabase = (info: StackInfo, name: string): Promise<void> =>
  withPostgres(info.postgres.url, async (server) => {
    await server.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  });

/** By the real migrator, which also gives API and worker their rights. */
async function migrate({ masterDatabase }: StackInfo, url: string): Promise<void> {
  const child = spawn(process.execPath, [path.join(projectRoot(), 'prisma/dist/migrate-main.js')], {
    env: {
      ...process.env,
      MASTER_DATABASE_URL: url,
      MASTER_API_ROLE_PASSWORD: masterDatabase.apiPassword,
      MASTER_WORKER_ROLE_PASSWORD: masterDatabase.workerPassword,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new Error(`the migrator ended with ${String(code)}`);
}
