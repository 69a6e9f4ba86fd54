import { defineBackend } from '../module';
import { QdrantBackend } from './adapter';
import { BLUEPRINT_FORM } from './blueprint';
import { CONNECT } from './connect';
import { DEMO } from './demo';
import { CHECKS, SETTINGS, VERSIONS } from './doctor';
import { FAILURE_CODES } from './failure-codes';
import { VARIABLES } from './variables';

/** All that FreeFlow knows of Qdrant. */
export const MODULE = defineBackend({
  variables: VARIABLES,
  failureCodes: FAILURE_CODES,
  blueprint: BLUEPRINT_FORM,
  connect: CONNECT,
  rotatedSecret: 'token',
  demo: DEMO,
  doctor: { settings: SETTINGS, checks: CHECKS, versions: VERSIONS },
  provisioner: {
    isMissingBecause:
      'has nothing narrower than its API key, which may do everything there. So there is no provisioner to create: give the key (QDRANT_API_KEY) to the worker alone.',
  },
  stackVariables: ({ qdrant }) => ({ QDRANT_URL: qdrant.url, QDRANT_API_KEY: qdrant.apiKey }),
  createBackend: (config) =>
    new QdrantBackend(
      new URL(config.QDRANT_URL),
      config.QDRANT_API_KEY,
      { size: config.QDRANT_VECTOR_SIZE, distance: config.QDRANT_DISTANCE },
      config.QDRANT_TENANT_URL,
    ),
});
