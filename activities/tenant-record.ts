import { ApplicationFailure } from '@temporalio/common';
import type { OperationKind, Prisma, PrismaClient, Tenant, TenantOperation } from '@freeflow/db-master';
import { attemptOf, type StepInput } from './attempt';
import { messageOf } from './failures';
import { appendLog } from './provision-log';
import { scrub } from './scrub';

/** Why a forward path was given up; travels with the workflow, so that the undo's own troubles don't hide it. */
export interface GivenUp {
  step: string;
  cause: string;
  advice: string;
}

/** The answer of `begin`: what this run has to do, with all settings it depends on. */
export type Begun =
  | { verdict: 'go'; tenantName: string; kind: OperationKind; givenUp?: GivenUp; patienceMs: number }
  | { verdict: 'refused' | 'over'; tenantName: string; reason: string };

type Tx = Prisma.TransactionClient;
type Rows = { tenant: Tenant; operation: TenantOperation };

/**
 * The steps that touch the master database alone. Each is one transaction under the tenant's row lock, its log row
 * included, so that status, operation and log never disagree; repeated, each finds its own work done.
 */
export function recordActivities(db: PrismaClient, settings: { patienceMs: number }) {
  return {
    begin: (input: StepInput): Promise<Begun> => inTransaction(db, 'begin', input, (tx, rows, runId) => begin(tx, rows, runId, settings.patienceMs)),

    activate: (input: StepInput): Promise<void> =>
      inTransaction(db, 'activate', input, async (tx, { tenant, operation }) => {
        await tx.tenant.update({ where: { id: tenant.id }, data: { status: 'active' } });
        await end(tx, operation, 'done');
        return { message: `${tenant.name} is active`, result: undefined };
      }),

    undoing: (input: StepInput & { givenUp: GivenUp }): Promise<void> =>
      inTransaction(db, 'undoing', input, async (tx, { operation }) => {
        const { step, cause, advice } = input.givenUp;
        await tx.tenantOperation.update({ where: { id: operation.id }, data: { state: 'undoing', step, cause, advice } });
        return { message: `undoing everything, because ${step} was given up: ${cause}`, result: undefined };
      }),

    close: (input: StepInput & { givenUp?: GivenUp }): Promise<void> =>
      inTransaction(db, 'close', input, async (tx, { tenant, operation }) => {
        await nothingLeft(tx, tenant);
        await tx.tenantConnection.deleteMany({ where: { tenantId: tenant.id } });
        // Last of all: until here every drop could still prove by them what is whose.
        await tx.tenantSecret.deleteMany({ where: { tenantId: tenant.id } });
        await tx.tenant.update({ where: { id: tenant.id }, data: { status: 'deleted', goneAt: new Date() } });
        await end(tx, operation, input.givenUp ? 'rolled_back' : 'done', input.givenUp);
        return { message: `nothing of ${tenant.name} is left; the name is free again`, result: undefined };
      }),
  };
}

async function begin(tx: Tx, { tenant, operation }: Rows, runId: string, patienceMs: number): Promise<{ message: string; result: Begun }> {
  const { name: tenantName } = tenant;
  const refusal = refusalOf(tenant, operation);
  if (refusal !== undefined) {
    await end(tx, operation, 'refused', { step: 'begin', cause: refusal, advice: 'Look at the tenant as it is now, then ask again.' });
    return { message: `refused: ${refusal}`, result: { verdict: 'refused', tenantName, reason: refusal } };
  }
  if (operation.kind === 'hard_delete') await tx.tenant.update({ where: { id: tenant.id }, data: { status: 'deleting' } });
  const isNewRun = operation.runId !== runId;
  await tx.tenantOperation.update({
    where: { id: operation.id },
    data: {
      state: operation.state === 'undoing' ? 'undoing' : 'running',
      startedAt: operation.startedAt ?? new Date(),
      ...(isNewRun ? { runId, runs: { increment: 1 }, lastRunAt: new Date() } : {}),
    },
  });
  const { state, kind, step, cause, advice } = operation;
  const givenUp = state === 'undoing' ? { step: step ?? 'begin', cause: cause ?? 'unknown', advice: advice ?? '' } : undefined;
  return {
    message: `${kind.replace('_', ' ')} begins${operation.runs > 0 ? ` again (run ${operation.runs + 1})` : ''}`,
    result: { verdict: 'go', tenantName, kind, patienceMs, ...(givenUp === undefined ? {} : { givenUp }) },
  };
}

/** Why an operation that was accepted can't be done any more; the state may have changed between the two. */
function refusalOf({ status, goneAt, name }: Tenant, { kind, force }: TenantOperation): string | undefined {
  if (goneAt !== null) return `tenant ${name} is gone`;
  if (kind === 'create' && status !== 'provisioning') return `tenant ${name} is ${status}, not provisioning`;
  if (kind === 'hard_delete' && status === 'active' && !force) return `tenant ${name} is active and force wasn't given`;
  return undefined;
}

async function nothingLeft(tx: Tx, { id, name }: Tenant): Promise<void> {
  const left = await tx.tenantResource.findMany({ where: { tenantId: id, state: { notIn: ['absent', 'abandoned'] } } });
  if (left.length > 0) throw new Error(`${name} still has ${left.map((it) => `${it.kind} ${it.name} (${it.state})`).join(', ')}`);
}

async function end(tx: Tx, { id }: TenantOperation, state: 'done' | 'rolled_back' | 'refused', why?: GivenUp): Promise<void> {
  const { step = null, cause = null, advice = null } = why ?? {};
  await tx.tenantOperation.update({ where: { id }, data: { state, step, cause, advice, endedAt: new Date() } });
}

/** Locks the tenant's row, hands both rows to `work`, and logs what it says, all in one transaction. */
async function inTransaction<T>(
  db: PrismaClient,
  step: string,
  input: StepInput,
  work: (tx: Tx, rows: Rows, runId: string) => Promise<{ message: string; result: T }>,
): Promise<T> {
  const startedAt = performance.now();
  const attempt = attemptOf(step, input);
  try {
    return await db.$transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM "Tenant" WHERE id = ${input.tenantId}::uuid FOR UPDATE`;
      const { tenant, ...operation } = await tx.tenantOperation.findUniqueOrThrow({ where: { id: input.operationId }, include: { tenant: true } });
      if (operation.endedAt !== null) return over<T>(step, tenant, operation);
      const { message, result } = await work(tx, { tenant, operation }, attempt.runId);
      await appendLog(tx, attempt, { status: 'success', message: scrub(message), durationMs: performance.now() - startedAt });
      return result;
    });
  } catch (error) {
    if (error instanceof ApplicationFailure) throw error;
    throw ApplicationFailure.create({ type: 'master-database', message: scrub(messageOf(error)) });
  }
}

// A step repeated after its answer got lost finds the operation ended, by itself. Only `begin` has anything to say then.
function over<T>(step: string, tenant: Tenant, operation: TenantOperation): T {
  const begun: Begun = { verdict: 'over', tenantName: tenant.name, reason: `the operation has ended as ${operation.state}` };
  return (step === 'begin' ? begun : undefined) as T;
}
