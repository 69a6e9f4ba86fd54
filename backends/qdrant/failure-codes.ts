import { type FailureCodes, HTTP } from '../failure-codes';

// Its REST API answers by HTTP statuses: https://api.qdrant.tech. Its client has an error of its own for a 429 that
// states when to come again, and one for its own deadline.
export const FAILURE_CODES: readonly FailureCodes[] = [
  ...HTTP,
  { type: 'overloaded', codes: ['QdrantClientResourceExhaustedError'] },
  { type: 'unreachable', codes: ['QdrantClientTimeoutError'] },
];
