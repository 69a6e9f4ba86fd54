import type { Prisma, Tenant, TenantConnection, TenantOperation, TenantProvisionLog } from '@freeflow/db-master';
import { workflowIdOf } from '../../workflows/messages';
import type { z } from 'zod';
import type { logRowSchema } from '../schemas/queries';
import type { OperationBody, TenantBody, TenantDetailBody } from '../schemas/tenant';

/** Where people look at a run. */
export type RunUrl = (tenantId: string, runId: string | null) => string | null;

export type TenantWithOperation = Tenant & { operations: TenantOperation[] };

/** To be included in a query for a tenant: its last operation alone, which is the one under way if there is one. */
export const LAST_OPERATION = { operations: { orderBy: [{ endedAt: { sort: 'desc', nulls: 'first' } }, { createdAt: 'desc' }], take: 1 } } satisfies Prisma.TenantInclude;

/** A tenant as the API shows it; never a secret, nor what is internal. */
export function viewTenant(tenant: TenantWithOperation, runUrl: RunUrl): TenantBody {
  const { id, name, status, realmName, postgresDb, mongoDb, qdrantCollection, operations } = tenant;
  const [last] = operations;
  return {
    id, name, status, realmName, postgresDb, mongoDb, qdrantCollection,
    createdAt: tenant.createdAt.toISOString(),
    updatedAt: tenant.updatedAt.toISOString(),
    goneAt: iso(tenant.goneAt),
    purgeAt: iso(tenant.purgeAt),
    holdUntil: iso(tenant.holdUntil),
    operation: last === undefined ? null : viewOperation(last, runUrl),
  };
}

export const viewTenantDetail = (tenant: TenantWithOperation & { connections: TenantConnection[] }, runUrl: RunUrl): TenantDetailBody => ({
  ...viewTenant(tenant, runUrl),
  connections: tenant.connections.map(({ service, dbName, host, port, username, secretRef, options }) => ({ service, dbName, host, port, username, secretRef, options })),
});

function viewOperation(operation: TenantOperation, runUrl: RunUrl): OperationBody {
  const { id, tenantId, kind, state, step, attempts, cause, advice, force, requestedBy, runId } = operation;
  return {
    id, kind, state, step, attempts, cause, advice, force, requestedBy, evidence: operation.evidence,
    requestedAt: operation.createdAt.toISOString(),
    startedAt: iso(operation.startedAt),
    endedAt: iso(operation.endedAt),
    run: { workflowId: workflowIdOf(tenantId), runId, url: runUrl(tenantId, runId) },
  };
}

export function viewLogRow(row: TenantProvisionLog): z.output<typeof logRowSchema> {
  const { id, seq, operationId, step, status, message, attempt, durationMs, createdAt } = row;
  return { id, seq, operationId, step, status: status === 'success' ? 'success' : 'error', message, attempt, durationMs, createdAt: createdAt.toISOString() };
}

const iso = (date: Date | null): string | null => date?.toISOString() ?? null;
