import { type FailureCodes, HTTP } from '../failure-codes';

// https://www.keycloak.org/docs-api/latest/rest-api/index.html. A failure of its database, as a deadlock, may surface
// as 400 (keycloak#25993), which only the text of the answer shows; a race on composites as 500 (#8772).
export const FAILURE_CODES: readonly FailureCodes[] = [
  ...HTTP,
  { type: 'server-error', codes: ['Database operation failed'] },
];
