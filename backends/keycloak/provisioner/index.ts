import { secret, text } from '@freeflow/lib/config';
import { defineProvisioner } from '../../provisioner/module';
import { VARIABLES } from '../variables';
import { clientIdOf } from './names';
import { setUpKeycloak } from './set-up';

/** An owner's client, which administers the realm master. */
export const OWNER_CLIENT = {
  KEYCLOAK_OWNER_CLIENT_ID: text('the name of a client').describe('a client that administers the realm master'),
  KEYCLOAK_OWNER_CLIENT_SECRET: secret(text("the client's secret"), 'the secret of that client'),
};

/** The worker's client: a service account that creates realms and nothing else. */
export const PROVISIONER = defineProvisioner({
  ownerVariables: { KEYCLOAK_URL: VARIABLES.KEYCLOAK_URL, ...OWNER_CLIENT },
  passwordVariable: 'PROVISIONER_KEYCLOAK_SECRET',
  ownerRights: 'The owner must be a service account that administers the realm master: role admin.',
  plan: (owner, password, options) => {
    const name = clientIdOf(options.name);
    const url = owner.KEYCLOAK_URL.replace(/\/+$/, '');
    const account = { url, clientId: owner.KEYCLOAK_OWNER_CLIENT_ID, clientSecret: owner.KEYCLOAK_OWNER_CLIENT_SECRET };
    return {
      who: `client ${name}`,
      at: url,
      run: () => setUpKeycloak({ owner: account, name, password }),
      workerEnv: (known) => ({ KEYCLOAK_CLIENT_ID: name, KEYCLOAK_CLIENT_SECRET: known }),
    };
  },
});
