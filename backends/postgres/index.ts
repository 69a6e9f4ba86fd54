import { refuseTransactionPooling } from '@freeflow/lib/pg';
import { defineBackend } from '../module';
import { PostgresBackend } from './adapter';
import { BLUEPRINT_FORM } from './blueprint/form';
import { CONNECT } from './connect';
import { DEMO } from './demo';
import { CHECKS, SETTINGS } from './doctor';
import { FAILURE_CODES } from './failure-codes';
import { PROVISIONER } from './provisioner';
import { VERSIONS } from './server-checks';
import { VARIABLES } from './variables';

/** All that FreeFlow knows of PostgreSQL as a backend of tenants. */
export const MODULE = defineBackend({
  variables: VARIABLES,
  failureCodes: FAILURE_CODES,
  blueprint: BLUEPRINT_FORM,
  connect: CONNECT,
  rotatedSecret: 'password',
  demo: DEMO,
  doctor: { settings: SETTINGS, checks: CHECKS, versions: VERSIONS },
  provisioner: PROVISIONER,
  stackVariables: ({ postgres }) => ({ POSTGRES_ADMIN_URL: postgres.provisionerUrl }),
  createBackend: (config, { masterDatabase }) =>
    new PostgresBackend(
      new URL(config.POSTGRES_ADMIN_URL),
      {
        connectionsMax: config.POSTGRES_TENANT_CONNECTIONS,
        sessionsMax: config.POSTGRES_SESSIONS,
        masterDatabase,
        blueprintTimeoutMs: config.POSTGRES_BLUEPRINT_TIMEOUT_MS,
      },
      config.POSTGRES_TENANT_URL,
    ),
  assertUsable: ({ POSTGRES_ADMIN_URL: url }) => refuseTransactionPooling('POSTGRES_ADMIN_URL', url),
});
