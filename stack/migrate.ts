import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { canLogIn } from '../backends/postgres/provisioner/client';
import { withoutSecrets } from './environment';
import { logFile, projectRoot } from './project';
import { updateStackInfo } from './stack-info';

const MIGRATOR = 'prisma/dist/migrate-main.js';

/**
 * Brings the master database up to date, roles of API and worker included, by its own migrator.
 *
 * On an external server those roles may be out of reach; then API and worker get the owner's URL, and `note` is called.
 * @returns the stack with the URLs that work
 * @throws Error with the migrator's last lines
 */
export async function migrateMaster(
  info: StackInfo,
  env: NodeJS.ProcessEnv,
  note: (text: string) => void = () => undefined,
): Promise<StackInfo> {
  const script = join(projectRoot(), MIGRATOR);
  if (!existsSync(script)) throw new Error(`${MIGRATOR} is missing. Build first: npm run build`);
  await run(script, logFile(info.dir, 'migrate'), {
    ...withoutSecrets(env),
    MASTER_DATABASE_URL: info.masterDatabaseUrl,
    MASTER_API_ROLE_PASSWORD: info.masterDatabase.apiPassword,
    MASTER_WORKER_ROLE_PASSWORD: info.masterDatabase.workerPassword,
  });
  const migrated = { ...info, masterDatabase: await pickReachableUrls(info, note) };
  updateStackInfo(info.dir, (published) => ({ ...published, masterDatabase: migrated.masterDatabase }));
  return migrated;
}

async function pickReachableUrls(
  { masterDatabase, masterDatabaseUrl }: StackInfo,
  note: (text: string) => void,
): Promise<StackInfo['masterDatabase']> {
  const urls = [masterDatabase.apiUrl, masterDatabase.workerUrl];
  if (!(await Promise.all(urls.map(canLogIn))).includes(false)) return masterDatabase;
  note(
    'The roles of API and worker have other passwords on that server, and the role of MASTER_DATABASE_URL may not change them: API and worker use MASTER_DATABASE_URL itself.',
  );
  return { ...masterDatabase, apiUrl: masterDatabaseUrl, workerUrl: masterDatabaseUrl };
}

function run(script: string, log: string, env: NodeJS.ProcessEnv): Promise<void> {
  mkdirSync(dirname(log), { recursive: true });
  return new Promise((resolve, reject) => {
    let output = '';
    const child = spawn(process.execPath, [script], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const listen = (chunk: Buffer) => {
      output += chunk.toString('utf8');
      appendFileSync(log, chunk);
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else
        reject(
          new Error(
            `The master database could not be migrated (log: ${log}):\n${output.trim().split('\n').slice(-8).join('\n')}`,
          ),
        );
    });
  });
}
