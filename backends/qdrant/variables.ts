import { httpUrl, oneOf, secret, serverUrl, signingKey, wholeNumber } from '@freeflow/lib/config';

/** What the worker reads of its environment for Qdrant. */
export const VARIABLES = {
  QDRANT_URL: serverUrl().describe("the tenants' Qdrant server"),
  QDRANT_API_KEY: secret(signingKey(), "the API key of the Qdrant server, which signs the tenants' tokens too"),
  QDRANT_TENANT_URL: httpUrl()
    .optional()
    .describe("the Qdrant server as the tenants' applications reach it; unset: the worker's own way"),
  QDRANT_VECTOR_SIZE: wholeNumber(1, 65_536).default(1536).describe('dimensions of the vectors in a new collection'),
  QDRANT_DISTANCE: oneOf(['Cosine', 'Dot', 'Euclid', 'Manhattan'])
    .default('Cosine')
    .describe('how vectors in a new collection are compared'),
};
