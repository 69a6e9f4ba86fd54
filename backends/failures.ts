import { types } from 'node:util';
import type { FailureType } from '@freeflow/contract';

/** A classified failure: its type decides about retries, its message may be shown to anybody. */
export class BackendFault extends Error {
  override readonly name = 'BackendFault';
  constructor(
    readonly type: FailureType,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * Every name an error goes by: codes and statuses of drivers, Keycloak's own words, and those of what caused it (undici
 * hides them there).
 */
export function codesOf(error: unknown, depth = 0): (string | number)[] {
  if (typeof error !== 'object' || error === null || depth > 3) return [];
  const { code, status, name, response, responseData, cause } = error as Record<string, unknown>;
  const { status: httpStatus } = (response ?? {}) as { status?: unknown };
  const { errorMessage } = (responseData ?? {}) as { errorMessage?: unknown };
  const own = [code, status, httpStatus, errorMessage, name].filter(
    (it): it is string | number => typeof it === 'string' || typeof it === 'number',
  );
  return [...own, ...codesOf(cause, depth + 1)];
}

/** Whether a driver gave an error one of these codes: a SQLSTATE, MongoDB's number, an HTTP status. */
export function hasCode(error: unknown, ...codes: (string | number)[]): boolean {
  return codesOf(error).some((code) => codes.includes(code));
}

// Without a connection the call was never made.
const NEVER_SENT = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'MongoServerSelectionError',
];

// RFC 9110, section 15.5: what is wrong is the request, by the server's own answer; 408 is none, and 499 is a proxy's.
const REFUSED = [400, 404, 405, 409, 410, 411, 412, 413, 414, 415, 422];

// A proxy answers so, too, where it has lost the server after it had passed the call on (Envoy's response flags UC and
// UR).
const PROXY_UNAVAILABLE = 503;

/** Whether a call with an effect may have taken effect although it failed: no server has refused it. */
export function isUnanswered(fault: BackendFault): boolean {
  if (hasCode(fault, ...NEVER_SENT)) return false;
  if (fault.type === 'overloaded') return hasCode(fault, PROXY_UNAVAILABLE);
  if (fault.type === 'unexpected') return !hasCode(fault, ...REFUSED);
  return fault.type === 'unreachable' || fault.type === 'lock-lost';
}

/**
 * The message of anything thrown, with the server's own words where an HTTP client, or Prisma's adapter of pg, keeps
 * them apart.
 */
export function messageOf(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  const data = (error as { responseData?: unknown; data?: unknown }).responseData ?? (error as { data?: unknown }).data;
  const { message, originalMessage } = (error.cause ?? {}) as { message?: unknown; originalMessage?: unknown };
  const words = types.isNativeError(error.cause) ? message : originalMessage;
  const own = isGivenUp(error) ? 'no answer in time' : error.message || error.name;
  const cause =
    typeof words === 'string' && words !== '' && own === error.message && words !== own ? ` (${words})` : '';
  const detail = data === undefined || data === null ? '' : `: ${JSON.stringify(data)}`;
  return `${own}${detail}${cause}`.slice(0, 600);
}

/** At our own deadline a client reports that its call was aborted, which reads as if a person had aborted it. */
const isGivenUp = ({ name, cause }: Error): boolean =>
  ['AbortError', 'TimeoutError', 'QdrantClientTimeoutError'].includes(name) ||
  (types.isNativeError(cause) && isGivenUp(cause));
