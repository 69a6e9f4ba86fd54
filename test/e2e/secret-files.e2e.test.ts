import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { variablesOf } from '@freeflow/lib/config';
import { apiVariables } from '../../api/config';
import { apiEnv, workerEnv } from '../../stack/stack-info';
import { workerVariables } from '../../worker/config';
import { newName } from '../support/activity-harness';
import { openTestInstallation, type TestInstallation } from '../support/installation';
import { createTenant, deleteTenant } from '../support/tenants';

let installation: TestInstallation;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'freeflow-secrets-'));
  installation = await openTestInstallation({ worker: false });
});
afterAll(async () => {
  await installation.close();
  rmSync(folder, { recursive: true });
});

/** The same credentials as the paths of files, as container platforms hand them over. */
function inFiles(process: string, env: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.keys(env).flatMap((name) => {
      const file = path.join(folder, `${process}-${name}`);
      writeFileSync(file, `${env[name] ?? ''}\n`, { mode: 0o600 });
      return [
        [name, ''],
        [`${name}_FILE`, file],
      ];
    }),
  );
}

const secretsOf = (schema: typeof workerVariables | typeof apiVariables, env: Record<string, string>) => {
  const names = variablesOf(schema)
    .filter(({ isSecret }) => isSecret)
    .map(({ name }) => name);
  return Object.fromEntries(Object.entries(env).filter(([name]) => names.includes(name)));
};

test('worker and API that get every credential from a file make a tenant and remove it', async () => {
  const forWorker = secretsOf(workerVariables, {
    ...workerEnv(installation.info),
    MASTER_DATABASE_URL: installation.workerMasterUrl,
  });
  expect(Object.keys(forWorker).sort()).toEqual([
    'KEYCLOAK_CLIENT_SECRET',
    'MASTER_DATABASE_URL',
    'MONGODB_ADMIN_URL',
    'POSTGRES_ADMIN_URL',
    'QDRANT_API_KEY',
    'SECRETS_KEY',
  ]);
  await installation.startWorker(inFiles('worker', forWorker));
  await installation.api().stop();
  await installation.startApi(
    inFiles(
      'api',
      secretsOf(apiVariables, { ...apiEnv(installation.info), MASTER_DATABASE_URL: installation.apiMasterUrl }),
    ),
  );
  const { id, status } = await createTenant(installation, newName());
  expect(status).toBe('active');
  expect(await deleteTenant(installation, id)).toMatchObject({ status: 'deleted' });
});
