import { adviceOn, isRetryable, type FailureType } from '@freeflow/contract';
import { isCutConnection } from '@freeflow/lib/pg';
import { scrub } from '@freeflow/lib/scrub';
import { SecretError, type SecretErrorCode } from '@freeflow/lib/secrets';
import { VaultError, type VaultErrorCode } from '@freeflow/lib/vault';
import { activityInfo, cancellationSignal, heartbeat, log } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { BackendFault, messageOf } from '../backends/failures';
import { masterFaultType } from './master-fault';
import { observeAttempt, type AttemptEnded } from './observe-attempt';
import type { Attempt } from './provision-log';

/** A failure as Temporal, the log and the operation may show it. */
export interface Failure {
  type: FailureType;
  /** Scrubbed of secrets. */
  message: string;
  advice: string;
}

export interface ActivityShell {
  /** The attempt of a step that this is: it is measured and traced. */
  attempt?: Attempt;
  /**
   * How often to heartbeat, in ms, and what with. `none` for local activities, which have no heartbeats. @default every
   * second, with nothing
   */
  heartbeats?: { everyMs: number; details: () => unknown } | 'none';
  /** Values that must not leave in a message; may grow while the body runs. */
  secrets?: Iterable<string>;
  /** Records a failure where people look for it. What it throws is logged and does not hide the failure itself. */
  recordFailure?: (failure: Failure) => Promise<void>;
  /** Records that Temporal has cancelled the attempt, likewise. */
  recordCancellation?: (cancellation: CancelledFailure) => Promise<void>;
}

const HEARTBEATS = { everyMs: 1_000, details: () => undefined };

/**
 * Runs the body of an activity: heartbeats meanwhile; what it throws is classified, scrubbed, recorded and handed to
 * Temporal with the advice for on-call.
 * @throws CancelledFailure when Temporal has cancelled the attempt, else ApplicationFailure with a `type` of the
 * contract's FAILURES
 */
export function runActivity<T>(body: () => Promise<T>, shell: ActivityShell = {}): Promise<T> {
  return observeAttempt(shell.attempt, (ended) => runObserved(body, shell, ended));
}

async function runObserved<T>(body: () => Promise<T>, shell: ActivityShell, ended: AttemptEnded): Promise<T> {
  const stopHeartbeats = startHeartbeats(shell.heartbeats ?? HEARTBEATS);
  try {
    const result = await body();
    ended('success');
    return result;
  } catch (error) {
    const cancellation = toCancellation(error);
    if (cancellation !== undefined) {
      ended('cancelled');
      await recordBestEffort(() => shell.recordCancellation?.(cancellation));
      throw cancellation;
    }
    if (error instanceof ApplicationFailure) {
      ended('failure', error.type);
      throw error;
    }
    const failure = describeFailure(toFault(error), shell.secrets);
    ended('failure', failure.type);
    await recordBestEffort(() => shell.recordFailure?.(failure));
    throw toApplicationFailure(failure);
  } finally {
    stopHeartbeats();
  }
}

/** The failure as Temporal gets it, and by which it decides about retries. */
export const toApplicationFailure = (
  { type, message, advice }: Failure,
  isFinal = !isRetryable(type),
): ApplicationFailure => ApplicationFailure.create({ type, message, nonRetryable: isFinal, details: [{ advice }] });

const describeFailure = ({ type, message }: BackendFault, secrets?: Iterable<string>): Failure => ({
  type,
  message: scrub(message, secrets),
  advice: adviceOn(type),
});

/** The id of the Temporal run that this activity belongs to. */
export const currentRunId = (): string => activityInfo().workflowExecution?.runId ?? '';

function startHeartbeats(heartbeats: { everyMs: number; details: () => unknown } | 'none'): () => void {
  if (heartbeats === 'none') return () => undefined;
  // Of an attempt that never ends it must not keep the process.
  const timer = setInterval(() => heartbeat(heartbeats.details()), heartbeats.everyMs).unref();
  return () => clearInterval(timer);
}

/** A wait that ends by the cancellation throws an AbortError in its place. */
function toCancellation(error: unknown): CancelledFailure | undefined {
  if (error instanceof CancelledFailure) return error;
  const { aborted, reason } = cancellationSignal();
  const isAbort = error instanceof Error && error.name === 'AbortError';
  return aborted && isAbort && reason instanceof CancelledFailure ? reason : undefined;
}

const VAULT_FAILURES = {
  'vault-unavailable': 'vault-unavailable',
  'vault-login': 'vault-refused',
  'vault-forbidden': 'vault-refused',
  'vault-certificate': 'certificate',
  'vault-other': 'vault-refused',
  'vault-unexpected': 'unexpected',
} as const satisfies Record<VaultErrorCode, FailureType>;

/** As where the vault refuses: the worker, or a row, names no vault or another one than that with the secret. */
const SECRET_FAILURES: Partial<Record<SecretErrorCode, FailureType>> = {
  'secret-store-unset': 'vault-refused',
  'secret-ref-foreign': 'vault-refused',
};

/** Backends throw classified faults; anything else comes from the vault, the master database or from a defect. */
function toFault(error: unknown): BackendFault {
  if (error instanceof BackendFault) return error;
  if (error instanceof VaultError) return new BackendFault(VAULT_FAILURES[error.code], error.message, { cause: error });
  if (error instanceof SecretError)
    return new BackendFault(SECRET_FAILURES[error.code] ?? 'unexpected', error.message, { cause: error });
  const name = error instanceof Error ? error.name : '';
  const isOfMaster = name.startsWith('PrismaClient') || name === 'DriverAdapterError' || isCutConnection(error);
  const type = isOfMaster ? masterFaultType(error) : 'unexpected';
  return new BackendFault(type, messageOf(error), { cause: error });
}

async function recordBestEffort(record: () => Promise<void> | undefined): Promise<void> {
  try {
    await record();
  } catch (error) {
    log.warn('the outcome of an attempt could not be recorded; the next attempt records it as lost', {
      cause: scrub(messageOf(error)),
    });
  }
}
