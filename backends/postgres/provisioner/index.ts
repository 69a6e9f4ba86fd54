import { secret } from '@freeflow/lib/config';
import { defineProvisioner } from '../../provisioner/module';
import { postgresLogin } from '../variables';
import { provisionerUrl, setUpPostgres } from './set-up';

/** The worker's role: creates databases and roles, is no superuser. */
export const PROVISIONER = defineProvisioner({
  ownerVariables: {
    POSTGRES_OWNER_URL: secret(postgresLogin(), "the tenants' PostgreSQL server, by its owner's login"),
  },
  passwordVariable: 'PROVISIONER_POSTGRES_PASSWORD',
  ownerRights: 'The owner must be a superuser, or a role with CREATEDB and CREATEROLE that created the provisioner.',
  requirement: 'PostgreSQL 16 or newer',
  plan: ({ POSTGRES_OWNER_URL: ownerUrl }, password, { name, masterDatabase }) => ({
    who: `role ${name}`,
    at: new URL(ownerUrl).host,
    run: () => setUpPostgres({ ownerUrl, name, password, masterDatabase }),
    workerEnv: (known) => ({ POSTGRES_ADMIN_URL: provisionerUrl(ownerUrl, name, known) }),
  }),
});
