import { types } from 'node:util';
import { type BackendKind } from '@freeflow/contract';
import { CERTIFICATE_CODES } from '@freeflow/lib/pg';

/**
 * Every way a step can fail: whether waiting can mend it (else it is permanent), and what to tell on-call.
 * The keys are the stable `type` of the ApplicationFailure and stand in the log; each has a paragraph in the runbook.
 */
export const FAILURES = {
  unreachable: {
    retryable: true,
    advice: 'Check that the server runs and that the worker reaches it. The step goes on by itself once it answers.',
  },
  overloaded: {
    retryable: true,
    advice: 'The server refuses for load. The step goes on by itself; raise its limits if this lasts.',
  },
  credentials: {
    retryable: true,
    advice:
      "The server refuses the provisioner's credentials. Check the worker's configuration; the step goes on by itself.",
  },
  permission: {
    retryable: true,
    advice: 'The provisioner lacks a right at the server. Set its role up again; the step goes on by itself.',
  },
  blocked: {
    retryable: true,
    advice:
      'Another session holds a lock that the step needs; the cause names it. The step goes on by itself once it is let go; end that session to go on at once.',
  },
  certificate: {
    retryable: true,
    advice:
      "The server's TLS certificate is not trusted, or not made out to this host. Have the worker trust its issuer (NODE_EXTRA_CA_CERTS) or correct the address; the step goes on by itself.",
  },
  conflict: {
    retryable: true,
    advice: 'Another change was made at the same time. The step reads the state again and goes on by itself.',
  },
  'server-error': { retryable: true, advice: "Look at the server's log. The step is repeated by itself." },
  'unknown-server': {
    retryable: true,
    advice:
      "This is another server than the one the tenant's resource was made on. Point the worker at the right one; where the tenant moved along with a restore, `freeflow tenants adopt NAME RESOURCE --server` records the new one.",
  },
  'changed-resource': {
    retryable: true,
    advice:
      "The resource carries the tenant's mark but another id than recorded, as after a restore. Compare; if it is the right one, `freeflow tenants adopt NAME RESOURCE` records it.",
  },
  'not-adoptable': {
    retryable: false,
    advice:
      "Nothing was changed: only what carries the tenant's mark is adopted, and another server only when that was asked for. Look at the cause, then ask again.",
  },
  'probe-refused': {
    retryable: true,
    advice: 'The tenant cannot use what was made for it. Look at the cause; the step is repeated by itself.',
  },
  'probe-leak': {
    retryable: true,
    advice:
      "The tenant's credentials reach a foreign target. Close the hole at the server; until then the tenant isn't activated.",
  },
  'still-open': {
    retryable: true,
    advice: 'The tenant still gets in although its access was cut. Look at the cause; the step is repeated by itself.',
  },
  'still-there': {
    retryable: true,
    advice: 'Something of the tenant is still there after its drop. Look at the cause; the step is repeated by itself.',
  },
  'missing-resource': {
    retryable: true,
    advice:
      'The ledger says that it is there, the server has nothing of that name. If the server was restored from a backup, restore what is missing.',
  },
  'lock-busy': {
    retryable: true,
    advice: 'An earlier attempt of this tenant is still at work at this backend. The step waits for it.',
  },
  'lock-lost': {
    retryable: true,
    advice: 'The connection to the master database broke, and with it the lock. The step is repeated by itself.',
  },
  'master-database': {
    retryable: true,
    advice: 'Check the master database. The step goes on by itself once it answers.',
  },
  unexpected: {
    retryable: true,
    advice: 'A failure we do not know; it is taken for transient and repeated. Look at the cause.',
  },
  'foreign-resource': {
    retryable: false,
    advice:
      'Something that is not ours has this name at the server and was left alone. Choose another tenant name, or remove it there and create the tenant again.',
  },
  superseded: {
    retryable: false,
    advice:
      'A newer run or attempt, or the undo, works on this tenant; this attempt was taken for dead, and nothing hangs on it any more.',
  },
} as const;

export type FailureType = keyof typeof FAILURES;

/** What on-call is told of a failure, with the place where there is more. */
export const adviceOn = (type: FailureType): string => `${FAILURES[type].advice} More: docs/runbook.md#${type}`;

/** A failure that has been judged: its type decides about retries, its message may be shown to anybody. */
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

interface Rule {
  type: FailureType;
  codes: readonly (string | number)[];
}

// The server isn't there, or is no longer.
const NETWORK: Rule = {
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
    // Qdrant's client, at its own deadline.
    'QdrantClientTimeoutError',
  ],
};

const CERTIFICATE: Rule = { type: 'certificate', codes: CERTIFICATE_CODES };

// RFC 9110, section 15; 429 and 431 RFC 6585. 404 is an answer which the backends read themselves.
const HTTP: readonly Rule[] = [
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
 * Codes of each server. Whatever is in no table is `unexpected`, which is taken for transient: to repeat in vain costs
 * time, to give up for nothing costs a tenant. What is foreign no code says; the backends see it by the mark.
 */
export const RULES: Readonly<Record<BackendKind, readonly Rule[]>> = {
  // PostgreSQL's manual, appendix A: https://www.postgresql.org/docs/current/errcodes-appendix.html
  postgres: [
    {
      type: 'unreachable',
      codes: [
        '57P01', // admin_shutdown
        '57P02', // crash_shutdown
        '57P03', // cannot_connect_now: it starts or stops
        '57014', // query_canceled: by statement_timeout, which is our deadline
        '08000', // connection_exception
        '08001', // sqlclient_unable_to_establish_sqlconnection
        '08003', // connection_does_not_exist
        '08004', // sqlserver_rejected_establishment_of_sqlconnection
        '08006', // connection_failure
        '08P01', // protocol_violation: by it PgBouncer says all of its own, as query_wait_timeout or that it can't connect to the server
      ],
    },
    {
      type: 'overloaded',
      codes: [
        '53000', // insufficient_resources
        '53100', // disk_full
        '53200', // out_of_memory
        '53300', // too_many_connections
      ],
    },
    {
      type: 'credentials',
      codes: [
        '28P01', // invalid_password
        '28000', // invalid_authorization_specification: no such role, NOLOGIN, or refused by pg_hba.conf
      ],
    },
    { type: 'permission', codes: ['42501'] }, // insufficient_privilege
    { type: 'blocked', codes: ['55P03'] }, // lock_not_available: by lock_timeout, which ends before our deadline
    {
      type: 'conflict',
      codes: [
        '40001', // serialization_failure
        '40P01', // deadlock_detected
        '55006', // object_in_use: "is being accessed by other users"
        'XX000', // internal_error: "tuple concurrently updated", which has no code of its own
        '42P04', // duplicate_database: exists, as the next two; whose it is the next attempt reads
        '42710', // duplicate_object
        '23505', // unique_violation, in a catalog
        '2BP01', // dependent_objects_still_exist: something was made for the role meanwhile
      ],
    },
  ],
  // https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml; names are those of the Node driver's errors.
  mongodb: [
    {
      type: 'unreachable',
      codes: [
        6, // HostUnreachable
        7, // HostNotFound
        89, // NetworkTimeout
        91, // ShutdownInProgress
        189, // PrimarySteppedDown
        10107, // NotWritablePrimary
        13435, // NotPrimaryNoSecondaryOk
        13436, // NotPrimaryOrSecondary
        9001, // SocketException
        11600, // InterruptedAtShutdown
        11602, // InterruptedDueToReplStateChange
        'MongoWriteConcernError', // done at the primary, and no majority of the replica set has confirmed it in time
        'MongoServerSelectionError',
        'MongoNetworkError',
        'MongoNetworkTimeoutError',
        'MongoTopologyClosedError',
        'MongoPoolClearedError',
      ],
    },
    { type: 'credentials', codes: [18] }, // AuthenticationFailed
    { type: 'permission', codes: [13] }, // Unauthorized
    { type: 'server-error', codes: [1] }, // InternalError
    {
      type: 'conflict',
      codes: [
        51003, // "User ... already exists"; in no list, the number stands in the server's source alone
        11, // UserNotFound: just dropped by somebody
        112, // WriteConflict
        11000, // DuplicateKey
        46, // LockBusy
        11601, // Interrupted: somebody has ended the operation
      ],
    },
    {
      type: 'blocked',
      codes: [
        24, // LockTimeout
        215, // DatabaseDropPending
        12586, // BackgroundOperationInProgressForDatabase
        12587, // BackgroundOperationInProgressForNamespace
      ],
    },
    {
      type: 'overloaded',
      codes: [
        50, // MaxTimeMSExpired
        202, // NetworkInterfaceExceededTimeLimit
        262, // ExceededTimeLimit
        462, // IngressRequestRateLimitExceeded
        14031, // OutOfDiskSpace
        'MongoWaitQueueTimeoutError',
      ],
    },
  ],
  // Its REST API answers by HTTP statuses: https://api.qdrant.tech. A 429 that says when to come again is an error of its client's own.
  qdrant: [...HTTP, { type: 'overloaded', codes: ['QdrantClientResourceExhaustedError'] }],
  // https://www.keycloak.org/docs-api/latest/rest-api/index.html. A failure of its database, as a deadlock, may surface as 400
  // (keycloak#25993), which only the words of the answer tell; a race on composites as 500 (#8772).
  keycloak: [...HTTP, { type: 'server-error', codes: ['Database operation failed'] }],
};

/** Every name an error goes by: codes and statuses of drivers, Keycloak's own words, and those of what caused it (undici hides them there). */
function codesOf(error: unknown, depth = 0): (string | number)[] {
  if (typeof error !== 'object' || error === null || depth > 3) return [];
  const { code, status, name, response, responseData, cause } = error as Record<string, unknown>;
  const { status: httpStatus } = (response ?? {}) as { status?: unknown };
  const { errorMessage } = (responseData ?? {}) as { errorMessage?: unknown };
  const own = [code, status, httpStatus, errorMessage, name].filter(
    (it): it is string | number => typeof it === 'string' || typeof it === 'number',
  );
  return [...own, ...codesOf(cause, depth + 1)];
}

/** The first code of an error that a driver gave it: SQLSTATE, MongoDB's number, an HTTP status. */
export function hasCode(error: unknown, ...codes: (string | number)[]): boolean {
  return codesOf(error).some((code) => codes.includes(code));
}

/** Judges an error a backend's driver has thrown. Pure. */
export function classify(kind: BackendKind, error: unknown): BackendFault {
  if (error instanceof BackendFault) return error;
  const codes = codesOf(error);
  // A driver may wrap a certificate's error in its own for a server that isn't there, so that goes first.
  const rule = [CERTIFICATE, ...RULES[kind], NETWORK].find((it) => it.codes.some((code) => codes.includes(code)));
  const type = rule?.type ?? (lostConnection(error) ? 'unreachable' : 'unexpected');
  return new BackendFault(type, `${kind}: ${messageOf(error)}`, { cause: error });
}

// pg and fetch report a broken connection by message only.
function lostConnection(error: unknown): boolean {
  return (
    error instanceof Error &&
    /connection terminated|timeout expired|fetch failed|query read timeout|connection error/i.test(error.message)
  );
}

// A call that found nobody to take it was never made.
const NEVER_SENT = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'MongoServerSelectionError',
];

/** Whether a call with an effect may still have had it although it failed: nobody has told us no. */
export function isUnanswered(fault: BackendFault): boolean {
  if (hasCode(fault, ...NEVER_SENT)) return false;
  return fault.type === 'unreachable' || fault.type === 'unexpected' || fault.type === 'lock-lost';
}

/** The message of anything thrown, with the server's own words where an HTTP client, or Prisma's adapter of pg, keeps them apart. */
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

/** At our own deadline a client says that its call was aborted, which reads as if somebody had. */
const isGivenUp = ({ name, cause }: Error): boolean =>
  ['AbortError', 'TimeoutError', 'QdrantClientTimeoutError'].includes(name) ||
  (types.isNativeError(cause) && isGivenUp(cause));
