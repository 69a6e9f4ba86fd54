import { type BackendKind, pickTenantNames, workflowIdOf } from '@freeflow/contract';
import {
  parkedStepSchema,
  storedLabels,
  type LogRowBody,
  type OperationBody,
  type TenantBody,
  type TenantDetailBody,
} from '@freeflow/contract/http';
import type { Prisma, Tenant, TenantOperation, TenantProvisionLog } from '@freeflow/db-master';
import { traceIdOf } from '@freeflow/lib/tracing';
import { z } from 'zod';
import type { DetailRow } from './detail-row';

/** The address of a run in the Temporal UI. */
export type RunUrl = (workflowId: string, runId: string | null) => string | null;

export type TenantWithOperation = Tenant & { operations: TenantOperation[] };

const LAST_FIRST = [
  { endedAt: { sort: 'desc', nulls: 'first' } },
  { createdAt: 'desc' },
] satisfies Prisma.TenantOperationOrderByWithRelationInput[];

/**
 * To be included in a query for a tenant: its last operation, which is the open one if there is one, and the one
 * before, which is open as well where a forced deletion has interrupted it. Adoptions go beside and don't count.
 */
export const LAST_OPERATIONS = {
  operations: { where: { kind: { not: 'adopt' } }, orderBy: LAST_FIRST, take: 2 },
} satisfies Prisma.TenantInclude;

/** The same of the adoptions of one resource. */
export const lastAdoption = (backend: BackendKind) =>
  ({ operations: { where: { kind: 'adopt', backend }, orderBy: LAST_FIRST, take: 1 } }) satisfies Prisma.TenantInclude;

/** A tenant as the API shows it; never a secret, nor what is internal. */
export function viewTenant(tenant: TenantWithOperation, runUrl: RunUrl): TenantBody {
  const { id, name, status, operations } = tenant;
  const [last, before] = operations;
  return {
    id,
    name,
    status,
    ...pickTenantNames(tenant),
    createdAt: tenant.createdAt.toISOString(),
    updatedAt: tenant.updatedAt.toISOString(),
    goneAt: iso(tenant.goneAt),
    purgeAt: iso(tenant.purgeAt),
    blueprintVersion: tenant.blueprintVersion,
    displayName: tenant.displayName,
    externalId: tenant.externalId,
    labels: storedLabels.parse(tenant.labels),
    plan: tenant.plan,
    ...viewProtection(tenant),
    operation: last === undefined ? null : viewOperation(last, runUrl),
    interrupted: before?.endedAt === null ? viewOperation(before, runUrl) : null,
  };
}

/**
 * What keeps a tenant. One that is gone is kept by nothing any more, whatever was set while its create was rolled back.
 */
const viewProtection = ({ goneAt, deletionProtected, holdUntil, holdReason }: Tenant) =>
  goneAt === null
    ? { deletionProtected, holdUntil: iso(holdUntil), holdReason }
    : { deletionProtected: false, holdUntil: null, holdReason: null };

export const viewTenantDetail = (tenant: DetailRow, runUrl: RunUrl): TenantDetailBody => ({
  ...viewTenant(tenant, runUrl),
  connections: tenant.connections.map(({ service, dbName, host, port, username, secretRef, options }) => ({
    service,
    dbName,
    host,
    port,
    username,
    secretRef,
    options,
  })),
  adoptions: tenant.adoptions.map((it) => viewOperation(it, runUrl)),
  credentials: tenant.credentials.map(({ kind, credential, rotatedAt, retiring, overlapUntil }) => ({
    backend: kind,
    version: credential,
    rotatedAt: iso(rotatedAt),
    previousValidUntil: retiring.length === 0 ? null : iso(overlapUntil),
  })),
});

/** As the workflow has written them; null while no step is parked. */
const parkedSteps = z
  .array(parkedStepSchema)
  .nullable()
  .transform((steps) => steps ?? []);

/** An operation as the API shows it. */
export function viewOperation(operation: TenantOperation, runUrl: RunUrl): OperationBody {
  const { id, tenantId, kind, state, step, attempts, cause, advice, force, backend, acceptServer, requestedBy, runId } =
    operation;
  const workflowId = workflowIdOf(tenantId, backend);
  return {
    id,
    kind,
    state,
    step,
    attempts,
    cause,
    advice,
    parked: parkedSteps.parse(operation.parked),
    force,
    backend,
    acceptServer,
    plan: operation.plan,
    onlyAt: operation.onlyAt,
    overlapSeconds: operation.overlapS,
    requestedBy,
    traceId: traceIdOf(operation.traceparent),
    evidence: operation.evidence,
    requestedAt: operation.createdAt.toISOString(),
    startedAt: iso(operation.startedAt),
    endedAt: iso(operation.endedAt),
    run: { workflowId, runId, url: runUrl(workflowId, runId) },
  };
}

/** @param traceparent that of its operation */
export function viewLogRow(row: TenantProvisionLog, traceparent: string | null | undefined): LogRowBody {
  const { id, seq, operationId, step, status, message, attempt, durationMs, createdAt } = row;
  return {
    id,
    seq,
    operationId,
    step,
    status: status === 'success' ? 'success' : 'error',
    message,
    attempt,
    durationMs,
    traceId: traceIdOf(traceparent),
    createdAt: createdAt.toISOString(),
  };
}

const iso = (date: Date | null): string | null => date?.toISOString() ?? null;
