import { defineBackend } from '../module';
import { MongoBackend } from './adapter';
import { FAILURE_CODES } from './failure-codes';
import { VARIABLES } from './variables';

/** All that FreeFlow knows of MongoDB. */
export const MODULE = defineBackend({
  variables: VARIABLES,
  failureCodes: FAILURE_CODES,
  createBackend: (config) => new MongoBackend(config.MONGODB_ADMIN_URL, config.MONGODB_TENANT_URL),
});
