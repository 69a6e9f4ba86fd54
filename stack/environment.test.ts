import { variablesOf } from '@freeflow/lib/config';
import { apiVariables } from '../api/config';
import { ownerVariables, PROVISIONED_BACKENDS } from '../cli/backends/variables';
import { migrateVariables } from '../prisma/migrate-config';
import { workerVariables } from '../worker/config';
import { stackVariables, withoutSecrets } from './environment';

/** Of the command line's variables those that may be shown. */
const HARMLESS = ['KEYCLOAK_URL', 'KEYCLOAK_OWNER_CLIENT_ID'];

test('what children inherit holds none of the credentials that any program reads, nor says where they are', () => {
  const ours = [workerVariables, apiVariables, migrateVariables, stackVariables].flatMap((schema) =>
    variablesOf(schema)
      .filter(({ isSecret }) => isSecret)
      .map(({ name }) => name),
  );
  const ofCli = PROVISIONED_BACKENDS.flatMap((it) => [...ownerVariables(it), it.provisioner.passwordVariable]).filter(
    (name) => !HARMLESS.includes(name),
  );
  const secrets = [...ours, ...ofCli, 'FREEFLOW_TOKEN', 'FREEFLOW_CLIENT_SECRET'];
  const env = Object.fromEntries(
    ['PATH', 'TASK_QUEUE', ...secrets, ...secrets.map((name) => `${name}_FILE`)].map((name) => [name, 'hunter22']),
  );
  expect(withoutSecrets(env)).toEqual({ PATH: 'hunter22', TASK_QUEUE: 'hunter22' });
});
