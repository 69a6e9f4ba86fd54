import {
  type FailureType,
  type OperationKind,
  adviceOn,
  isDeletion,
  operationTitle,
  OPERATIONS,
  touchesBackends,
  type ParkedStep,
  type StepFailure,
  type OperationGoal,
} from '@freeflow/contract';
import {
  masterNow,
  Prisma,
  type PrismaClient,
  type Tenant,
  type TenantOperation,
  type TenantResource,
} from '@freeflow/db-master';
import { log } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { messageOf } from '../backends/failures';
import { scrub } from '../backends/scrub';
import { currentAttempt, type StepInput } from './attempt';
import { masterFaultType } from './master-fault';
import { appendRow, lockTenant } from './provision-log';
import { keepUnrestored } from './retention';
import { abandon, forcedDeletionBeside, rollbackReasonOf, INTERRUPTED, leftBy, takeOver } from './tenant-record-ends';
import { goalOf, refusalOf } from './transitions';

/** The answer of `begin`: what this run has to do, with all settings it depends on. */
export type Begun =
  | ({
      verdict: 'go';
      tenantName: string;
      kind: OperationKind;
      goal: OperationGoal;
      /** Whether there is anything to do at the backends. */
      touchesBackends: boolean;
      rollbackReason?: StepFailure;
      patience: Patience;
    } & SearchAttributes)
  | { verdict: 'refused' | 'over'; tenantName: string; reason: string };

export interface SearchAttributes {
  /** The names of those that this server knows, as far as the worker could see; all, when left out. */
  searchAttributes?: readonly string[];
}

/** How long a run is to wait for what, in ms. */
export interface Patience {
  /** A step that fails is tried so long before it is parked. */
  patienceMs: number;
  /** A parked step is tried again by itself after this time at first, then ever more slowly. */
  parkedRetryMs: number;
  /** No pause of a parked step is longer; an hour, when left out. */
  longestPauseMs?: number;
  /** A parked step that nobody answers is given up after this time; never, when left out. */
  giveUpAfterMs?: number;
  /** A run goes on in a new one when its history has so many events. */
  eventsPerRun?: number;
}

export interface RecordSettings {
  patienceMs: number;
  parkedRetryMs: number;
  /** When a parked create that nobody answers is rolled back, in ms after it was parked. */
  parkedCreateMs: number;
  /** How long a soft-deleted tenant is kept before it is purged, in ms. */
  retentionMs: number;
  /** See {@link SearchAttributes}. */
  searchAttributes?: readonly string[] | undefined;
  eventsPerRun?: number | undefined;
}

type Tx = Prisma.TransactionClient;
/** `now` by the master database. */
type Rows = { tenant: Tenant; operation: TenantOperation; now: Date };
/** `fails`: it could not be done, which stands in the log and ends the run; a new one begins anew. */
type Said<T> = Promise<{ message: string; result: T; fails?: FailureType }>;

/**
 * The steps that touch the master database alone. Each is one transaction under the tenant's row lock, its log row
 * included, so that status, operation and log never disagree; repeated, each finds its own work done.
 */
export function recordActivities(db: PrismaClient, settings: RecordSettings) {
  /** The way forward has come to its end; says why, where it was turned round before. */
  const settle =
    (step: string, goal: Exclude<OperationGoal, 'gone'>) =>
    (input: StepInput): Promise<StepFailure | undefined> =>
      inTransaction<StepFailure | undefined>(db, step, input, async (tx, { tenant, operation, now }) => {
        if (operation.undoing) return { message: 'too late: it is being undone', result: rollbackReasonOf(operation) };
        const purgeAt = goal === 'deleted' ? new Date(now.getTime() + settings.retentionMs) : null;
        await tx.tenant.update({ where: { id: tenant.id }, data: { status: goal, purgeAt } });
        await end(tx, { operation, now }, 'done');
        return {
          message: `${tenant.name} is ${goal}${purgeAt === null ? '' : `; its data is kept until ${purgeAt.toISOString()}`}`,
          result: undefined,
        };
      });

  return {
    begin: (input: StepInput): Promise<Begun> =>
      inTransaction<Begun>(db, 'begin', input, (tx, rows, runId) => begin(tx, rows, runId, settings), isOver),

    activate: settle('activate', 'active'),
    suspend: settle('suspend', 'suspended'),
    'mark-soft-deleted': settle('mark-soft-deleted', 'deleted'),

    /** Turns the operation round; says so where it is done already, since then it can't be turned any more. */
    'start-rollback': (input: StepInput & { rollbackReason: StepFailure }): Promise<'done' | undefined> =>
      inTransaction<'done' | undefined>(
        db,
        'start-rollback',
        input,
        async (tx, { operation }) => {
          const { step, cause, advice } = input.rollbackReason;
          await tx.tenantOperation.update({
            where: { id: operation.id },
            data: { state: 'undoing', undoing: true, parked: Prisma.DbNull, step, cause, advice },
          });
          return { message: `undoing everything, because ${step} was given up: ${cause}`, result: undefined };
        },
        ({ operation }) => (operation.state === 'done' ? 'done' : undefined),
      ),

    /** Steps have been parked: they wait for an answer. */
    park: (input: StepInput & { steps: readonly ParkedStep[] }): Promise<void> =>
      inTransaction(db, 'park', input, async (tx, { operation }) => {
        const [first] = input.steps;
        const cause = input.steps
          .map((it) => (input.steps.length === 1 ? it.cause : `${it.step}: ${it.cause}`))
          .join('; ');
        await tx.tenantOperation.update({
          where: { id: operation.id },
          data: {
            state: 'parked',
            parked: input.steps.map((it) => ({ ...it })),
            step: first?.step ?? null,
            cause,
            advice: first?.advice ?? null,
          },
        });
        return { message: `parked at ${input.steps.map((it) => it.step).join(', ')}: ${cause}`, result: undefined };
      }),

    unpark: (input: StepInput & { isUndoing: boolean }): Promise<void> =>
      inTransaction(db, 'unpark', input, async (tx, { operation }) => {
        await tx.tenantOperation.update({
          where: { id: operation.id },
          data: { state: input.isUndoing ? 'undoing' : 'running', parked: Prisma.DbNull },
        });
        return { message: 'no step is parked any more', result: undefined };
      }),

    /** The tenant is as it was before the operation. */
    'restore-status': (
      input: StepInput & { rollbackReason: StepFailure; skipped: Record<string, string> },
    ): Promise<void> =>
      inTransaction(db, 'restore-status', input, async (tx, { tenant, operation, now }) => {
        const left = leftBy(input.skipped);
        const { why, sentence } = await keepUnrestored(
          tx,
          operation,
          now,
          left ?? input.rollbackReason,
          settings.retentionMs,
        );
        await end(tx, { operation, now }, left === undefined ? 'rolled_back' : 'incomplete', why);
        return {
          message: `${left?.cause ?? `${tenant.name} is ${tenant.status}, as it was before`}${sentence}`,
          result: undefined,
        };
      }),

    'mark-gone': (
      input: StepInput & { rollbackReason?: StepFailure; skipped: Record<string, string> },
    ): Promise<void> =>
      inTransaction(db, 'mark-gone', input, async (tx, { tenant, operation, now }) => {
        const left = leftBy(input.skipped);
        if (left !== undefined) {
          await abandon(tx, tenant, input.skipped);
          await end(tx, { operation, now }, 'incomplete', left);
          return { message: left.cause, result: undefined };
        }
        const resources = await tx.tenantResource.findMany({
          where: { tenantId: tenant.id },
          orderBy: { kind: 'asc' },
        });
        const standing = resources.filter((it) => it.state !== 'absent' && it.state !== 'abandoned');
        if (standing.length > 0) {
          const cause = `${tenant.name} still has ${standing.map((it) => `${it.kind} ${it.name} (${it.state})`).join(', ')}`;
          // Why it is undone is worth more than this, which the log tells.
          if (!input.rollbackReason)
            await tx.tenantOperation.update({
              where: { id: operation.id },
              data: { step: 'mark-gone', cause, advice: adviceOn('still-there') },
            });
          return { message: cause, result: undefined, fails: 'still-there' };
        }
        await tx.tenantConnection.deleteMany({ where: { tenantId: tenant.id } });
        // Last of all: until here every drop could still prove by them what is whose.
        const { count } = await tx.tenantSecret.deleteMany({ where: { tenantId: tenant.id } });
        await tx.tenant.update({ where: { id: tenant.id }, data: { status: 'deleted', goneAt: now, purgeAt: null } });
        await tx.tenantOperation.update({
          where: { id: operation.id },
          data: { evidence: { backends: resources.map(evidenceOf), secretsDestroyed: count } },
        });
        await end(tx, { operation, now }, input.rollbackReason ? 'rolled_back' : 'done', input.rollbackReason);
        return { message: `nothing of ${tenant.name} is left; the name is free again`, result: undefined };
      }),
  };
}

async function begin(tx: Tx, { tenant, operation, now }: Rows, runId: string, settings: RecordSettings): Said<Begun> {
  const { patienceMs, parkedRetryMs, parkedCreateMs, eventsPerRun, searchAttributes } = settings;
  const { name: tenantName } = tenant;
  if (tenant.goneAt !== null && isDeletion(operation.kind)) {
    await end(tx, { operation, now }, 'done');
    return {
      message: `${tenantName} is gone already`,
      result: { verdict: 'over', tenantName, reason: `${tenantName} is gone already` },
    };
  }
  const refusal = refusalOf(tenant, operation, now);
  if (refusal !== undefined) {
    const { why, sentence } = await keepUnrestored(
      tx,
      operation,
      now,
      { step: 'begin', cause: refusal, advice: 'Look at the tenant as it is now, then ask again.' },
      settings.retentionMs,
    );
    await end(tx, { operation, now }, 'refused', why);
    return { message: `refused: ${refusal}${sentence}`, result: { verdict: 'refused', tenantName, reason: refusal } };
  }
  const deletion = await forcedDeletionBeside(tx, operation);
  if (deletion !== undefined && operation.kind !== 'create' && operation.fromStatus === null) {
    await end(tx, { operation, now }, 'refused', INTERRUPTED);
    return {
      message: `refused: ${INTERRUPTED.cause}`,
      result: { verdict: 'refused', tenantName, reason: INTERRUPTED.cause },
    };
  }
  if (operation.kind === 'hard_delete' && operation.force) await takeOver(tx, operation, now);
  const rollbackReason =
    operation.state === 'undoing' || operation.undoing ? rollbackReasonOf(operation) : deletion && INTERRUPTED;
  const from = operation.fromStatus ?? tenant.status;
  const goal = await goalOf(tx, tenant, operation);
  if (goal === 'gone') await tx.tenant.update({ where: { id: tenant.id }, data: { status: 'deleting' } });
  await tx.tenantOperation.update({
    where: { id: operation.id },
    data: {
      state: rollbackReason === undefined ? 'running' : 'undoing',
      parked: Prisma.DbNull,
      fromStatus: from,
      ...takenBy(operation, runId, now),
    },
  });
  const { kind } = operation;
  const patience = {
    patienceMs,
    parkedRetryMs,
    ...(OPERATIONS[kind].undo?.isForUnanswered === true ? { giveUpAfterMs: parkedCreateMs } : {}),
    ...(eventsPerRun === undefined ? {} : { eventsPerRun }),
  };
  return {
    message: `${operationTitle(kind)} begins${operation.runs > 0 ? ` again (run ${operation.runs + 1})` : ''}`,
    result: {
      verdict: 'go',
      tenantName,
      kind,
      goal,
      touchesBackends: touchesBackends(kind, from, goal),
      patience,
      ...(rollbackReason === undefined ? {} : { rollbackReason }),
      ...(searchAttributes === undefined ? {} : { searchAttributes }),
    },
  };
}

/** What a backend answered when its part was looked for. */
const evidenceOf = ({
  kind,
  name,
  nonce,
  externalId,
  serverId,
  state,
  evidence,
}: TenantResource): Prisma.InputJsonObject =>
  ({
    kind,
    name,
    nonce,
    externalId,
    server: serverId,
    state,
    ...(evidence as Prisma.JsonObject | null),
  }) as Prisma.InputJsonObject;

export async function end(
  tx: Tx,
  { operation: { id }, now }: Pick<Rows, 'operation' | 'now'>,
  state: 'done' | 'rolled_back' | 'refused' | 'incomplete',
  why?: StepFailure,
): Promise<void> {
  const { step = null, cause = null, advice = null } = why ?? {};
  await tx.tenantOperation.update({
    where: { id },
    data: { state, parked: Prisma.DbNull, step, cause, advice, endedAt: now },
  });
}

/** What the row of an operation says from the moment on at which this run works on it. */
export const takenBy = (operation: TenantOperation, runId: string, now: Date) => ({
  startedAt: operation.startedAt ?? now,
  ...(operation.runId === runId ? {} : { runId, runs: { increment: 1 }, lastRunAt: now }),
});

/**
 * Locks the tenant's row, hands both rows to `work`, and logs what it says, all in one transaction.
 * @param whenOver the answer where the operation has ended: a step is repeated when its answer got lost
 * @throws ApplicationFailure `superseded` for a run that another one has taken the place of, what `work` says it fails with, else `master-database` or `certificate`
 */
export async function inTransaction<T>(
  db: PrismaClient,
  step: string,
  input: StepInput,
  work: (tx: Tx, rows: Rows, runId: string) => Said<T>,
  whenOver: (rows: Omit<Rows, 'now'>) => T = () => undefined as T,
): Promise<T> {
  const startedAt = performance.now();
  const attempt = currentAttempt(step, input);
  try {
    const { message, result, fails } = await db.$transaction(async (tx) => {
      await lockTenant(tx, attempt);
      const now = await masterNow(tx);
      const { tenant, ...operation } = await tx.tenantOperation.findUniqueOrThrow({
        where: { id: input.operationId },
        include: { tenant: true },
      });
      if (operation.endedAt !== null) return { message: '', result: whenOver({ tenant, operation }) };
      if (!BEGINNINGS.has(step) && operation.runId !== attempt.runId) throw superseded(operation.runId);
      const said = await work(tx, { tenant, operation, now }, attempt.runId);
      const told =
        said.fails === undefined
          ? ({ status: 'success', message: said.message } as const)
          : ({ status: 'error', message: `${said.fails}: ${said.message}` } as const);
      await appendRow(tx, attempt, {
        ...told,
        message: scrub(told.message),
        durationMs: performance.now() - startedAt,
      });
      return said;
    });
    if (fails !== undefined)
      throw ApplicationFailure.create({
        type: fails,
        message: scrub(message),
        nonRetryable: true,
        details: [{ advice: adviceOn(fails) }],
      });
    return result;
  } catch (error) {
    if (error instanceof ApplicationFailure) throw error;
    const [type, message] = [masterFaultType(error), scrub(messageOf(error))];
    // Told here or nowhere: the repeated attempts of a local activity are in no history, and no log row can be written.
    log.warn('record step failed; it is repeated', {
      tenantId: input.tenantId,
      step,
      attempt: attempt.attempt,
      type,
      cause: message,
    });
    throw ApplicationFailure.create({ type, message });
  }
}

/** By these a run takes an operation over. */
const BEGINNINGS: ReadonlySet<string> = new Set(['begin', 'begin-adoption', 'continue-operation']);

const isOver = ({ tenant, operation }: Omit<Rows, 'now'>): Begun => ({
  verdict: 'over',
  tenantName: tenant.name,
  reason: `the operation has ended as ${operation.state}`,
});

/** Of a run that was terminated while this step was under way. */
export const superseded = (runId: string | null) =>
  ApplicationFailure.nonRetryable(`run ${runId ?? 'none'} works on this operation now`, 'superseded');
