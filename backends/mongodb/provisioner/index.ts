import { secret } from '@freeflow/lib/config';
import { defineProvisioner } from '../../provisioner/module';
import { mongoLogin } from '../variables';
import { mongoHosts, withLogin } from './client';
import { mongoNames } from './names';
import { setUpMongo } from './set-up';

/** The worker's user, with a role of its own and no other. */
export const PROVISIONER = defineProvisioner({
  ownerVariables: { MONGODB_OWNER_URL: secret(mongoLogin(), "the tenants' MongoDB server, by its owner's login") },
  passwordVariable: 'PROVISIONER_MONGODB_PASSWORD',
  ownerRights: 'The owner must be allowed to create users and roles in database admin, with these rights, as root is.',
  plan: ({ MONGODB_OWNER_URL: ownerUrl }, password, options) => {
    const name = mongoNames(options.name);
    return {
      who: `user ${name.user}`,
      at: mongoHosts(ownerUrl),
      run: () => setUpMongo({ ownerUrl, name, password }),
      workerEnv: (known) => ({ MONGODB_ADMIN_URL: withLogin(ownerUrl, name.user, known) }),
    };
  },
});
