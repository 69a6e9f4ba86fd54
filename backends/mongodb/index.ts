import { defineBackend } from '../module';
import { MongoBackend } from './adapter';
import { BLUEPRINT_FORM } from './blueprint/form';
import { CONNECT } from './connect';
import { DEMO } from './demo';
import { CHECKS, SETTINGS, VERSIONS } from './doctor';
import { FAILURE_CODES } from './failure-codes';
import { PROVISIONER } from './provisioner';
import { VARIABLES } from './variables';

/** All that FreeFlow knows of MongoDB. */
export const MODULE = defineBackend({
  variables: VARIABLES,
  failureCodes: FAILURE_CODES,
  blueprint: BLUEPRINT_FORM,
  connect: CONNECT,
  rotatedSecret: 'password',
  demo: DEMO,
  doctor: { settings: SETTINGS, checks: CHECKS, versions: VERSIONS },
  provisioner: PROVISIONER,
  stackVariables: ({ mongodb }) => ({ MONGODB_ADMIN_URL: mongodb.provisionerUrl }),
  createBackend: (config) => new MongoBackend(config.MONGODB_ADMIN_URL, config.MONGODB_TENANT_URL),
});
