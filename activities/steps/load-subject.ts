import { BACKENDS, type BackendKind } from '@freeflow/contract';
import { Prisma, type PrismaClient, type TenantResource } from '@freeflow/db-master';
import { BackendFault } from '../../backends/failures';
import type { StepContext } from '../attempt';

/** What a step works on. */
export interface Subject {
  tenantName: string;
  /** What the tenant's resource at this backend is called, or is to be called. */
  resourceName: string;
  /** The tenant's plan, and that to which the operation leads where it changes it. */
  tenantPlan: string | null;
  operationPlan: string | null;
  /** The resource as the ledger has it. */
  entry: TenantResource | null;
  /** The version of the blueprint that the operation applies; null: none. */
  blueprintVersion: number | null;
}

/**
 * Loads what a step works on, in one statement, and checks, under the lock, that this run still works on the operation,
 * and in this direction: an attempt of an older run, or one that Temporal took for dead before the undo began, must not
 * act any more.
 * @throws BackendFault `superseded`
 */
export async function loadSubject(
  db: PrismaClient,
  kind: BackendKind,
  { operationId, runId, isForward, cancelled }: StepContext,
): Promise<Subject> {
  cancelled.throwIfAborted();
  const [row] = await db.$queryRaw<(Operation & (TenantResource | { id: null }))[]>`
    SELECT o."endedAt" IS NOT NULL AS "isEnded", o."runId" AS "currentRunId", o.undoing, o."blueprintVersion", o.plan AS "operationPlan",
           t.name AS "tenantName", t.plan AS "tenantPlan",
           t.${Prisma.raw(`"${BACKENDS[kind].nameColumn}"`)} AS "resourceName", r.*
      FROM "TenantOperation" o JOIN "Tenant" t ON t.id = o."tenantId"
           LEFT JOIN "TenantResource" r ON r."tenantId" = t.id AND r.kind = ${kind}::"BackendKind"
     WHERE o.id = ${operationId}::uuid`;
  if (row === undefined) throw new BackendFault('unexpected', `there is no operation ${operationId}`);
  const {
    isEnded,
    currentRunId,
    undoing,
    tenantName,
    resourceName,
    blueprintVersion,
    tenantPlan,
    operationPlan,
    ...entry
  } = row;
  if (isEnded || currentRunId !== runId)
    throw new BackendFault('superseded', `run ${currentRunId ?? 'none'} works on this operation now`);
  if (isForward === true && undoing) throw new BackendFault('superseded', 'this operation is being undone now');
  const subject = { tenantName, resourceName, blueprintVersion, tenantPlan, operationPlan };
  return { ...subject, entry: entry.id === null ? null : entry };
}

/** The operation that the step is one of, as its row has it. */
interface Operation {
  isEnded: boolean;
  currentRunId: string | null;
  undoing: boolean;
  tenantName: string;
  resourceName: string;
  blueprintVersion: number | null;
  tenantPlan: string | null;
  operationPlan: string | null;
}
