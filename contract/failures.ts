interface Failure {
  /** Whether the step may succeed when it is tried again, by itself or after somebody has repaired something. */
  readonly retryable: boolean;
  /** What on-call should do. */
  readonly advice: string;
}

/**
 * Every way a step can fail. The keys are the stable `type` of the ApplicationFailure and stand in the log; each has a
 * paragraph in the runbook.
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
} as const satisfies Record<string, Failure>;

export type FailureType = keyof typeof FAILURES;

/** The advice for a failure, with the place where there is more. */
export const adviceOn = (type: FailureType): string => `${FAILURES[type].advice} More: docs/runbook.md#${type}`;

/** Whether to try the step again after a failure of this type. */
export const isRetryable = (type: FailureType): boolean => FAILURES[type].retryable;
