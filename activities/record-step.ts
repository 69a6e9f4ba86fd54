import { adviceOn, isRetryable, type FailureType, type RecordStepName } from '@freeflow/contract';
import type { Prisma, PrismaClient, Tenant, TenantOperation } from '@freeflow/db-master';
import { scrub } from '@freeflow/lib/scrub';
import { log } from '@temporalio/activity';
import { BackendFault } from '../backends/failures';
import { runActivity, toApplicationFailure, type Failure } from './activity-shell';
import { currentAttempt, type StepInput } from './attempt';
import { reportEnded, type EndedOperation } from './ended-operations';
import { appendLog, lockAndReadTenant, type Attempt } from './provision-log';
import { recordAnswers } from './record-answers';

export type Tx = Prisma.TransactionClient;

/** What a record step works on, locked; `now` by the master database. */
export interface Rows {
  tenant: Tenant;
  operation: TenantOperation;
  now: Date;
  /** The operations that the transaction ends; counted and traced once it is committed. */
  ended: EndedOperation[];
}

/** The outcome of a record step. */
export interface StepResult<T> {
  /** For the log. */
  message: string;
  result: T;
  /** It could not be done: the log row is an error, and the run ends with this failure; a new run begins anew. */
  failure?: FailureType;
}

/** By these a run takes an operation over; every other step is refused to a run that another one has replaced. */
const BEGINNINGS: ReadonlySet<RecordStepName> = new Set(['begin', 'begin-adoption', 'continue-operation']);

interface RecordStepOptions<T> {
  /** The result where the operation has ended: a step is repeated when its answer got lost. */
  resultOfEnded?: (rows: Pick<Rows, 'tenant' | 'operation'>) => T;
  /** How long the transaction may take. @default Prisma's */
  timeoutMs?: number | undefined;
}

/**
 * Runs a step that touches the master database alone, as one transaction: locks the tenant's row, hands both rows to
 * `act`, and logs its message. So status, operation and log never disagree.
 * @throws ApplicationFailure `superseded` for a run that another one has replaced, the failure that `act` returns, or
 * that of the master database
 */
export async function runRecordStep<T>(
  db: PrismaClient,
  step: RecordStepName,
  input: StepInput,
  act: (tx: Tx, rows: Rows, runId: string) => Promise<StepResult<T>>,
  { resultOfEnded = () => undefined as T, timeoutMs }: RecordStepOptions<T> = {},
): Promise<T> {
  const startedAt = performance.now();
  const attempt = currentAttempt(step, input);
  const lockAndAct = async (tx: Tx): Promise<StepResult<T> & Partial<Pick<Rows, 'ended'>>> => {
    const { now, ...tenant } = await lockAndReadTenant(tx, attempt);
    const operation = await tx.tenantOperation.findUniqueOrThrow({
      where: { id: input.operationId, tenantId: tenant.id },
    });
    if (operation.endedAt !== null) return { message: '', result: resultOfEnded({ tenant, operation }) };
    if (!BEGINNINGS.has(step) && operation.runId !== attempt.runId) throw supersededFault(operation);
    const ended: EndedOperation[] = [];
    const outcome = await act(tx, { tenant, operation, now, ended }, attempt.runId);
    await recordAnswers(tx, operation, tenant.name, input.answers ?? []);
    await appendLog(tx, attempt, { ...toLogEntry(outcome), durationMs: performance.now() - startedAt });
    return { ...outcome, ended };
  };
  const body = async () => {
    const bounds = timeoutMs === undefined ? {} : { timeout: timeoutMs };
    const { message, result, failure, ended = [] } = await db.$transaction(lockAndAct, bounds);
    reportEnded(ended);
    if (failure !== undefined)
      throw toApplicationFailure({ type: failure, message: scrub(message), advice: adviceOn(failure) }, true);
    return result;
  };
  return runActivity(body, {
    attempt,
    heartbeats: 'none',
    // Logged here or nowhere: the repeated attempts of a local activity are in no history, and no log row can be
    // written.
    recordFailure: async (failure) => {
      const { type, message } = failure;
      log.warn(`record step failed${isRetryable(type) ? '; it is repeated' : ''}`, { failure: type, cause: message });
      if (SHOWN.has(type)) await showCause(db, attempt, failure);
    },
  });
}

/** What the vault or a secret may end with; of the master database only a certificate, which it can't take either. */
const SHOWN: ReadonlySet<FailureType> = new Set(['vault-unavailable', 'vault-refused', 'certificate', 'unexpected']);

/** What the operation waits for; not where the master database is the cause, which could not take it. */
async function showCause(db: PrismaClient, attempt: Attempt, { message, advice }: Failure): Promise<void> {
  const { operationId, runId, step } = attempt;
  await db.tenantOperation.updateMany({
    where: { id: operationId, runId, endedAt: null },
    data: { step, cause: message, advice, attempts: attempt.attempt },
  });
}

const toLogEntry = ({ message, failure }: StepResult<unknown>): { status: 'success' | 'error'; message: string } =>
  failure === undefined
    ? { status: 'success', message: scrub(message) }
    : { status: 'error', message: scrub(`${failure}: ${message}`) };

/** Of a run that was terminated while this step was in progress. */
export const supersededFault = ({ runId }: TenantOperation): BackendFault =>
  new BackendFault('superseded', `run ${runId ?? 'none'} works on this operation now`);
