import {
  appliesBlueprint,
  operationTitle,
  rowOf,
  SCHEDULE,
  touchesBackends,
  type BackendKind,
  type OperationGoal,
  type OperationKind,
  type StepFailure,
  type TenantStatus,
} from '@freeflow/contract';
import { Prisma, type TenantOperation } from '@freeflow/db-master';
import { overdue } from './credentials';
import { decideBegin, type BeginDecision, type CredentialFacts } from './decide-begin';
import { claimedBy, findInterrupter, finishOperation, interruptOthers } from './operation-row';
import type { RecordSettings } from './record-settings';
import type { Rows, StepResult, Tx } from './record-step';
import { extendRetention } from './retention';

/** The result of `begin`: what this run has to do, with all settings it depends on. */
export type Begun =
  | ({
      verdict: 'go';
      tenantName: string;
      kind: OperationKind;
      goal: OperationGoal;
      /** Whether there is anything to do at the backends. */
      touchesBackends: boolean;
      /** Where it works at one backend alone. */
      onlyAt?: BackendKind;
      /** A rotation without an overlap: the credentials before are ended by the same operation. */
      isAtOnce?: true;
      rollbackReason?: StepFailure;
      /** Whether there is a blueprint to apply; left out by older builds, which applied none. */
      appliesBlueprint?: true;
      patience: Patience;
    } & SearchAttributes)
  | { verdict: 'refused' | 'over'; tenantName: string; reason: string };

export interface SearchAttributes {
  /** The names of those that this Temporal server knows, as far as the worker could see; all, when left out. */
  searchAttributes?: readonly string[];
}

/** How long a run waits for what, in ms. */
interface Patience {
  /** How long a failing step is retried before it is parked. */
  patienceMs: number;
  /** When a parked step is retried by itself for the first time; each further pause is longer. */
  parkedRetryMs: number;
  /** The longest pause of a parked step. @default an hour */
  longestPauseMs?: number;
  /** When a parked step that is not answered is rolled back. @default never */
  giveUpAfterMs?: number;
  /** The number of events in the history of a run after which the operation continues in a new run. */
  eventsPerRun?: number;
}

/** Decides whether the operation may begin, and records that: claimed by this run, or ended. */
export async function begin(tx: Tx, rows: Rows, runId: string, settings: RecordSettings): Promise<StepResult<Begun>> {
  const { tenant, operation, now } = rows;
  const decision = decideBegin({
    tenant,
    operation,
    now,
    interrupter: await findInterrupter(tx, operation),
    statusBeforeDeletion: await findStatusBeforeDeletion(tx, operation),
    credentials: await findCredentials(tx, operation, now),
    isOfFleet: await isOfFleet(tx, operation),
  });
  switch (decision.verdict) {
    case 'over':
      return endAsOver(tx, rows, decision.reason);
    case 'refused':
      return refuse(tx, rows, decision.failure, settings.retentionMs);
    case 'go':
      return claim(tx, rows, runId, decision, settings);
  }
}

async function endAsOver(tx: Tx, rows: Rows, reason: string): Promise<StepResult<Begun>> {
  await finishOperation(tx, rows, 'done');
  return { message: reason, result: { verdict: 'over', tenantName: rows.tenant.name, reason } };
}

async function refuse(tx: Tx, rows: Rows, failure: StepFailure, retentionMs: number): Promise<StepResult<Begun>> {
  const { reason, sentence } = await extendRetention(tx, rows, failure, retentionMs);
  await finishOperation(tx, rows, 'refused', reason);
  return {
    message: `refused: ${failure.cause}${sentence}`,
    result: { verdict: 'refused', tenantName: rows.tenant.name, reason: failure.cause },
  };
}

async function claim(
  tx: Tx,
  rows: Rows,
  runId: string,
  { from, goal, interruptsOthers, rollbackReason }: Extract<BeginDecision, { verdict: 'go' }>,
  settings: RecordSettings,
): Promise<StepResult<Begun>> {
  const { tenant, operation, now } = rows;
  const { kind, runs } = operation;
  if (interruptsOthers) await interruptOthers(tx, rows);
  if (goal === 'gone') await tx.tenant.update({ where: { id: tenant.id }, data: { status: 'deleting' } });
  const blueprintVersion = await chooseBlueprint(tx, rows);
  await tx.tenantOperation.update({
    where: { id: operation.id },
    data: {
      blueprintVersion,
      state: rollbackReason === undefined ? 'running' : 'undoing',
      parked: Prisma.DbNull,
      fromStatus: from,
      ...claimedBy(operation, runId, now),
    },
  });
  const { searchAttributes } = settings;
  return {
    message: `${operationTitle(kind)} begins${runs > 0 ? ` again (run ${runs + 1})` : ''}`,
    result: {
      verdict: 'go',
      tenantName: tenant.name,
      kind,
      goal,
      touchesBackends: touchesBackends(kind, from, goal),
      patience: patienceFor(operation, settings),
      ...(blueprintVersion === null ? {} : { appliesBlueprint: true }),
      ...(operation.onlyAt === null ? {} : { onlyAt: operation.onlyAt }),
      ...(operation.overlapS === 0 ? { isAtOnce: true as const } : {}),
      ...(rollbackReason === undefined ? {} : { rollbackReason }),
      ...(searchAttributes === undefined ? {} : { searchAttributes }),
    },
  };
}

/**
 * The version that the operation applies: the one it was requested with, else the highest there is when it begins,
 * whatever is published meanwhile; never less than the tenant has. Its row is locked: a version that nobody was given
 * may be published anew with other files.
 */
async function chooseBlueprint(tx: Tx, { tenant, operation }: Rows): Promise<number | null> {
  const { kind, blueprintVersion } = operation;
  if (!appliesBlueprint(kind)) return null;
  const wanted = blueprintVersion === null ? null : Math.max(blueprintVersion, tenant.blueprintVersion ?? 0);
  const [found] = await tx.$queryRaw<{ version: number }[]>`
    SELECT version FROM "Blueprint" WHERE ${wanted}::int IS NULL OR version = ${wanted}::int ORDER BY version DESC LIMIT 1 FOR SHARE`;
  return found?.version ?? null;
}

/** Nothing else is accepted for its tenant meanwhile, and nobody waits for it: a schedule tries it again later. */
const SCHEDULED_GIVES_UP_AFTER_MS = 600_000;

const patienceFor = (
  { kind, requestedBy }: Pick<TenantOperation, 'kind' | 'requestedBy'>,
  { patienceMs, parkedRetryMs, parkedCreateMs, eventsPerRun }: RecordSettings,
): Patience => ({
  patienceMs,
  parkedRetryMs,
  ...(rowOf(kind).undo?.isForUnanswered === true
    ? {
        giveUpAfterMs:
          requestedBy === SCHEDULE ? Math.min(parkedCreateMs, SCHEDULED_GIVES_UP_AFTER_MS) : parkedCreateMs,
      }
    : {}),
  ...(eventsPerRun === undefined ? {} : { eventsPerRun }),
});

async function findStatusBeforeDeletion(
  tx: Tx,
  { tenantId, kind }: TenantOperation,
): Promise<TenantStatus | undefined> {
  if (kind !== 'restore') return undefined;
  const deletion = await tx.tenantOperation.findFirst({
    where: { tenantId, kind: 'soft_delete', state: 'done', fromStatus: { not: null } },
    orderBy: { endedAt: 'desc' },
  });
  return deletion?.fromStatus ?? undefined;
}

async function findCredentials(
  tx: Tx,
  { id, tenantId, kind, onlyAt }: TenantOperation,
  now: Date,
): Promise<CredentialFacts | undefined> {
  if (kind !== 'rotate' && kind !== 'retire') return undefined;
  const entries = await tx.tenantResource.findMany({
    where: { tenantId, ...(onlyAt === null ? {} : { kind: onlyAt }) },
  });
  return {
    stillThere: Math.max(0, ...entries.map(({ retiring }) => retiring.length)),
    isSwitched: entries.some(({ rotatedBy }) => rotatedBy === id),
    isSomeOverdue: entries.some((it) => overdue(it, now).length > 0),
  };
}

const isOfFleet = async (tx: Tx, { id, kind }: TenantOperation): Promise<boolean> =>
  kind === 'upgrade' && (await tx.fleetTenant.count({ where: { operationId: id } })) > 0;

/** The result of `begin` where the operation has ended already. */
export const isOver = ({ tenant, operation }: Pick<Rows, 'tenant' | 'operation'>): Begun => ({
  verdict: 'over',
  tenantName: tenant.name,
  reason: `the operation has ended as ${operation.state}`,
});
