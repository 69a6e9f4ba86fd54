import { types } from 'node:util';
import type { BackendKind, FailureType } from '@freeflow/contract';
import { CERTIFICATE_CODES, isCutConnection } from '@freeflow/lib/pg';
import { BackendFault, codesOf, messageOf } from './failures';

/** Codes by which drivers and servers report one type of failure. */
export interface FailureCodes {
  readonly type: FailureType;
  readonly codes: readonly (string | number)[];
}

// The server isn't there, or is no longer.
const NETWORK: FailureCodes = {
  type: 'unreachable',
  codes: [
    // Node: https://nodejs.org/api/errors.html#common-system-errors; EAI_AGAIN is getaddrinfo's "try again".
    'ECONNREFUSED',
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EHOSTUNREACH',
    'ENETUNREACH',
    // undici, which is Node's fetch: https://github.com/nodejs/undici/blob/main/docs/docs/api/Errors.md
    'UND_ERR_SOCKET',
    'UND_ERR_CONNECT_TIMEOUT',
    'UND_ERR_HEADERS_TIMEOUT',
    'UND_ERR_BODY_TIMEOUT',
    // The names of the DOMExceptions by which an AbortSignal ends a fetch.
    'TimeoutError',
    'AbortError',
  ],
};

const CERTIFICATE: FailureCodes = { type: 'certificate', codes: CERTIFICATE_CODES };

// RFC 9110, section 15; 429 and 431 RFC 6585. 404 is an answer which the backends read themselves.
export const HTTP: readonly FailureCodes[] = [
  { type: 'overloaded', codes: [429, 503] },
  { type: 'credentials', codes: [401] },
  { type: 'permission', codes: [403] },
  // "Exists already" or "changed meanwhile": the next attempt reads which.
  { type: 'conflict', codes: [409] },
  // A proxy in front of the server gets no answer from it.
  { type: 'unreachable', codes: [502, 504] },
  // 431: a header too large for the server, as a token that names too many roles.
  { type: 'server-error', codes: [500, 431] },
];

/**
 * Classifies an error that a backend's driver has thrown. One without a known code is `unexpected`, which is retryable:
 * to repeat in vain costs time, to give up for nothing costs a tenant. No code shows that a resource is foreign; the
 * backends see that by the nonce.
 * @param kind begins the message
 * @param codes those of this backend, which go before the shared ones
 */
export function classifyBy(codes: readonly FailureCodes[], kind: BackendKind, error: unknown): BackendFault {
  if (error instanceof BackendFault) return error;
  return new BackendFault(failureTypeOf(codes, error), `${kind}: ${messageOf(error)}`, { cause: error });
}

/**
 * The type of failure that an error means; `unexpected` where no code is known.
 * @param codes those of the backend, which go before the shared ones
 */
export function failureTypeOf(codes: readonly FailureCodes[], error: unknown): FailureType {
  if (error instanceof BackendFault) return error.type;
  const its = codesOf(error);
  // A driver may wrap a certificate's error in its own for a server that isn't there, so that goes first.
  const found = [CERTIFICATE, ...codes, NETWORK].find((it) => it.codes.some((code) => its.includes(code)));
  return found?.type ?? (isConnectionLost(error) ? 'unreachable' : 'unexpected');
}

/** pg and fetch report a broken connection by message only. */
const isConnectionLost = (error: unknown): boolean =>
  isCutConnection(error) || (types.isNativeError(error) && /fetch failed/i.test(error.message));
