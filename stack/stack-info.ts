import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type StackInfo, stackInfoSchema, vaultVariablesOf } from '@freeflow/contract/stack-info';
import { readIfThere, writePrivateFile } from '@freeflow/lib/files';
import { isAlive } from '@freeflow/lib/lock';
import { stackDir } from './project';

const fileOf = (dir: string) => join(dir, 'stack.json');

/**
 * The running stack of a folder (relative to the project root).
 * @throws Error when none runs there; a file left by a killed stack counts as none
 */
export function readStackInfo(dir?: string): StackInfo {
  const info = findStackInfo(dir);
  if (info === undefined)
    throw new Error(
      `No stack is running in ${stackDir(dir)}. Start one with npm start, or the servers alone with npm run stack:start`,
    );
  return info;
}

/** As readStackInfo, but undefined when none runs. */
export function findStackInfo(dir?: string): StackInfo | undefined {
  const text = readIfThere(fileOf(stackDir(dir)));
  if (text === undefined) return undefined;
  const parsed = stackInfoSchema.safeParse(JSON.parse(text));
  return parsed.success && isAlive(parsed.data.supervisor) ? parsed.data : undefined;
}

/** Publishes a stack, atomically and for its owner's eyes only. */
export const writeStackInfo = (info: StackInfo): void => {
  writePrivateFile(fileOf(info.dir), `${JSON.stringify(info, null, 2)}\n`);
};

/** Changes what is published; nothing happens once it was withdrawn. */
export function updateStackInfo(dir: string, change: (info: StackInfo) => StackInfo): void {
  const info = findStackInfo(dir);
  if (info !== undefined) writeStackInfo(change(info));
}

/** Withdraws what was published. */
export const removeStackInfo = (dir: string): void => {
  rmSync(fileOf(dir), { force: true });
};

const temporalEnv = ({ temporal }: StackInfo) => ({
  TEMPORAL_ADDRESS: temporal.address,
  TEMPORAL_NAMESPACE: temporal.namespace,
});

/** The environment the API runs with on this stack. */
export function apiEnv(info: StackInfo): Record<string, string> {
  const { hostname, port } = new URL(info.api.url);
  return {
    ...temporalEnv(info),
    MASTER_DATABASE_URL: info.masterDatabase.apiUrl,
    API_HOST: hostname,
    API_PORT: port,
    ...(info.temporal.uiUrl === undefined ? {} : { TEMPORAL_UI_URL: info.temporal.uiUrl }),
    AUTH_ISSUER: info.auth.issuer,
    AUTH_AUDIENCE: info.auth.audience,
  };
}

/** The environment a worker runs with on this stack: the provisioner's credentials, never an owner's. */
export function workerEnv(info: StackInfo): Record<string, string> {
  const { hostname, port } = new URL(info.worker.healthUrl);
  return {
    ...temporalEnv(info),
    MASTER_DATABASE_URL: info.masterDatabase.workerUrl,
    SECRETS_KEY: info.secretsKey,
    ...(info.vault === undefined ? {} : { SECRETS_STORE: 'vault', ...vaultVariablesOf(info, 'worker') }),
    POSTGRES_ADMIN_URL: info.postgres.provisionerUrl,
    MONGODB_ADMIN_URL: info.mongodb.provisionerUrl,
    QDRANT_URL: info.qdrant.url,
    QDRANT_API_KEY: info.qdrant.apiKey,
    KEYCLOAK_URL: info.keycloak.url,
    KEYCLOAK_CLIENT_ID: info.keycloak.provisioner.clientId,
    KEYCLOAK_CLIENT_SECRET: info.keycloak.provisioner.clientSecret,
    WORKER_HEALTH_HOST: hostname,
    WORKER_HEALTH_PORT: port,
  };
}
