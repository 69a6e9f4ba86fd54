import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { variablesOf } from '@freeflow/lib/config';
import { apiVariables } from '../../api/config';
import { apiEnv, workerEnv } from '../../stack/stack-info';
import { workerVariables } from '../../worker/config';
import { openHouse, type House } from '../support/house';
import { createTenant, deleteTenant } from '../support/tenants';
import { newName } from '../support/workbench';

let house: House;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'freeflow-secrets-'));
  house = await openHouse({ worker: false });
});
afterAll(async () => {
  await house.close();
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
    ...workerEnv(house.info),
    MASTER_DATABASE_URL: house.workerMasterUrl,
  });
  expect(Object.keys(forWorker).sort()).toEqual([
    'KEYCLOAK_CLIENT_SECRET',
    'MASTER_DATABASE_URL',
    'MONGODB_ADMIN_URL',
    'POSTGRES_ADMIN_URL',
    'QDRANT_API_KEY',
    'SECRETS_KEY',
  ]);
  await house.startWorker(inFiles('worker', forWorker));
  await house.api().stop();
  await house.startApi(
    inFiles('api', secretsOf(apiVariables, { ...apiEnv(house.info), MASTER_DATABASE_URL: house.apiMasterUrl })),
  );
  const { id, status } = await createTenant(house, newName());
  expect(status).toBe('active');
  expect(await deleteTenant(house, id)).toMatchObject({ status: 'deleted' });
});
