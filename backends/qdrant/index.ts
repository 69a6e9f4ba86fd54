import { defineBackend } from '../module';
import { QdrantBackend } from './adapter';
import { FAILURE_CODES } from './failure-codes';
import { VARIABLES } from './variables';

/** All that FreeFlow knows of Qdrant. */
export const MODULE = defineBackend({
  variables: VARIABLES,
  failureCodes: FAILURE_CODES,
  createBackend: (config) =>
    new QdrantBackend(
      new URL(config.QDRANT_URL),
      config.QDRANT_API_KEY,
      { size: config.QDRANT_VECTOR_SIZE, distance: config.QDRANT_DISTANCE },
      config.QDRANT_TENANT_URL,
    ),
});
