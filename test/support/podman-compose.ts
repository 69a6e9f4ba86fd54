import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { cachedFolder } from '../../stack/fetch/cache';
import { cacheDir, projectRoot } from '../../stack/project';
import { apiEnv, workerEnv } from '../../stack/stack-info';
import type { TestInstallation } from './installation';

const VERSION = '1.6.0';
const WITHIN_MS = 180_000;

/** Folder of podman-compose, installed from PyPI into the user's cache the first time. */
const ensureInstalled = (): Promise<string> =>
  cachedFolder(cacheDir(process.env), `podman-compose-${VERSION}`, async (folder) => {
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', folder];
    await promisify(execFile)('python3', [...pip, `podman-compose==${VERSION}`], { timeout: WITHIN_MS });
  });

/** Runs podman-compose in the project's folder; gives what it prints. @throws Error where it fails */
export async function podmanCompose(words: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const folder = await ensureInstalled();
  // In no pod, since what is on the network of the machine fits into none.
  const args = ['-m', 'podman_compose', '--in-pod', 'false', ...words];
  const { stdout, stderr } = await promisify(execFile)('python3', args, {
    cwd: projectRoot(),
    env: { ...env, PYTHONPATH: folder },
    timeout: WITHIN_MS,
  });
  return stdout + stderr;
}

/** What docker-compose.product.yml demands of the environment; the values are not used beside those of an override. */
export const DEMANDED = Object.fromEntries(
  [
    'AUTH_ISSUER',
    'KEYCLOAK_OWNER_CLIENT_SECRET',
    'MASTER_API_ROLE_PASSWORD',
    'MASTER_DB_PASSWORD',
    'MASTER_WORKER_ROLE_PASSWORD',
    'MONGODB_OWNER_PASSWORD',
    'POSTGRES_OWNER_PASSWORD',
    'PROVISIONER_KEYCLOAK_SECRET',
    'PROVISIONER_MONGODB_PASSWORD',
    'PROVISIONER_POSTGRES_PASSWORD',
    'QDRANT_API_KEY',
    'SECRETS_KEY',
  ].map((name) => [name, 'replaced']),
);

/** Writes a Compose file that leads the product's services to the servers of the tests. @returns its path */
export function writeOverride(folder: string, installation: TestInstallation, workerPort: number): string {
  const { info, taskQueue, apiUrl } = installation;
  const passwordOf = (url: string) => decodeURIComponent(new URL(url).password);
  const environments: Record<string, Record<string, string>> = {
    migrate: {
      MASTER_DATABASE_URL: installation.masterUrl,
      MASTER_API_ROLE_PASSWORD: info.masterDatabase.apiPassword,
      MASTER_WORKER_ROLE_PASSWORD: info.masterDatabase.workerPassword,
    },
    // The logins that there are already, so that it finds nothing to change.
    backends: {
      POSTGRES_OWNER_URL: info.postgres.url,
      MONGODB_OWNER_URL: info.mongodb.url,
      KEYCLOAK_URL: info.keycloak.url,
      KEYCLOAK_OWNER_CLIENT_ID: info.keycloak.clientId,
      KEYCLOAK_OWNER_CLIENT_SECRET: info.keycloak.clientSecret,
      PROVISIONER_POSTGRES_PASSWORD: passwordOf(info.postgres.provisionerUrl),
      PROVISIONER_MONGODB_PASSWORD: passwordOf(info.mongodb.provisionerUrl),
      PROVISIONER_KEYCLOAK_SECRET: info.keycloak.provisioner.clientSecret,
    },
    worker: {
      ...workerEnv(info),
      MASTER_DATABASE_URL: installation.workerMasterUrl,
      TASK_QUEUE: taskQueue,
      WORKER_HEALTH_PORT: String(workerPort),
      KEYCLOAK_POOL_SIZE: '0',
    },
    api: {
      ...apiEnv(info),
      MASTER_DATABASE_URL: installation.apiMasterUrl,
      TASK_QUEUE: taskQueue,
      API_PORT: new URL(apiUrl).port,
    },
  };
  const services = Object.entries(environments).map(([name, environment]) => [name, { environment }] as const);
  const file = path.join(folder, 'override.yml');
  // JSON is YAML; a dollar would begin the name of a variable.
  const text = JSON.stringify({ services: Object.fromEntries(services) }).replaceAll('$', () => '$$');
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}
