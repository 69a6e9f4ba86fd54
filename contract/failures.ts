import { RUNBOOK } from './step-names';

interface Failure {
  /** Whether the step may succeed when it is tried again, by itself or after a repair by a person. */
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
    advice:
      'Check that the server runs and that the worker can reach it. The step is retried by itself once it answers.',
  },
  overloaded: {
    retryable: true,
    advice:
      'The server is overloaded or full. Free connections or disk, or raise its limits, if this lasts; the step is retried by itself.',
  },
  credentials: {
    retryable: true,
    advice:
      "The server refuses the provisioner's credentials. Correct them in the worker's configuration and restart the worker; the step is then retried by itself.",
  },
  permission: {
    retryable: true,
    advice:
      'The provisioner lacks a right at the server. Run `freeflow setup backends`, which restores its rights; the step is retried by itself.',
  },
  blocked: {
    retryable: true,
    advice:
      'Another session holds a lock that the step needs; the cause names it. Wait until it is released, or end that session; the step is retried by itself.',
  },
  certificate: {
    retryable: true,
    advice:
      "The server's TLS certificate is not trusted, or names another host. Let the worker trust its issuer (NODE_EXTRA_CA_CERTS) or correct the address; the step is retried by itself.",
  },
  conflict: {
    retryable: true,
    advice:
      'Something else changed the resource at the same time, or is using it. The step reads the state again and is retried by itself.',
  },
  'server-error': {
    retryable: true,
    advice: 'The server failed inside. Check its log; the step is retried by itself.',
  },
  'unknown-server': {
    retryable: true,
    advice:
      "This is not the server that the tenant's resource was created on. Point the worker to the right one; if a restore moved the tenant here, `freeflow tenants adopt NAME BACKEND --server` records the new one.",
  },
  'changed-resource': {
    retryable: true,
    advice:
      "The resource carries the tenant's ownership nonce under another id than recorded, as after a restore. Compare its data; if it is the tenant's, `freeflow tenants adopt NAME BACKEND` records the new id.",
  },
  'not-adoptable': {
    retryable: false,
    advice:
      "Nothing was changed: only what carries the tenant's ownership nonce is adopted, and another server only with --server. Check the cause, then adopt again.",
  },
  'probe-refused': {
    retryable: true,
    advice: 'The tenant cannot use its own resource. Fix what the cause names; the step is retried by itself.',
  },
  'probe-leak': {
    retryable: true,
    advice:
      "The tenant's credentials reach a target that must be closed to them. Close it at the server; until then the tenant is not activated.",
  },
  'still-open': {
    retryable: true,
    advice:
      'The tenant still has access although it was cut. Close the way that the cause names; the step is retried by itself.',
  },
  'still-there': {
    retryable: true,
    advice:
      'A resource of the tenant is still there after its drop. Stop what the cause names, often a writer; the step is retried by itself.',
  },
  'missing-resource': {
    retryable: true,
    advice:
      'The ledger has the resource as present, and the server has none of that name. If the server was restored from a backup, restore what is missing.',
  },
  'lock-busy': {
    retryable: true,
    advice:
      'An earlier attempt for this tenant is still running at this backend. Wait for it to end; the step is retried by itself.',
  },
  'lock-lost': {
    retryable: true,
    advice:
      'The connection to the master database broke, and with it the lock. Check that connection if this recurs; the step is retried by itself.',
  },
  'master-database': {
    retryable: true,
    advice: 'The master database does not answer or refuses. Check it; the step is retried by itself once it answers.',
  },
  'vault-unavailable': {
    retryable: true,
    advice:
      'The vault with the secrets does not answer, is sealed or on standby. Unseal it, or check VAULT_ADDR; the step is retried by itself once it answers.',
  },
  'vault-refused': {
    retryable: true,
    advice:
      "The vault refuses the worker's login, no policy allows what the cause names, or it is another vault than that with the secrets. Correct login, policy or VAULT_ADDR; the step is retried by itself.",
  },
  'unknown-plan': {
    retryable: true,
    advice:
      "The worker's plans (PLANS_FILE) have none of the tenant's. Give workers and API the same file and restart the worker, or abort; the step is retried by itself.",
  },
  unexpected: {
    retryable: true,
    advice:
      'An unclassified failure, treated as transient. Check the cause; report it to the developers if it stays. The step is retried by itself.',
  },
  'blueprint-refused': {
    retryable: false,
    advice:
      'The server refuses what the blueprint says, or the tenant has something else in its place; the cause names file and line. Correct it in a new version of the blueprint, or at the tenant, then try again.',
  },
  'foreign-resource': {
    retryable: false,
    advice:
      'A foreign resource has this name at the server; it was left alone. Choose another tenant name, or have its owner remove it and create the tenant again.',
  },
  superseded: {
    retryable: false,
    advice:
      'A newer run or attempt, or the undo, works on this tenant; this attempt was presumed dead and changed nothing more. Nothing to do.',
  },
} as const satisfies Record<string, Failure>;

export type FailureType = keyof typeof FAILURES;

const MORE = ` More: ${RUNBOOK}#`;

/** The advice for a failure, with the place where there is more. */
export const adviceOn = (type: FailureType): string => `${FAILURES[type].advice}${MORE}${type}`;

/** What {@link adviceOn} has made: the advice alone, and the anchor of the runbook where there is more. */
export function splitAdvice(advice: string): { text: string; anchor?: string } {
  const [text = '', anchor] = advice.split(MORE);
  return anchor === undefined ? { text } : { text, anchor };
}

/** Whether to try the step again after a failure of this type. */
export const isRetryable = (type: FailureType): boolean => FAILURES[type].retryable;
