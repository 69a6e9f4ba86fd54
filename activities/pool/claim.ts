import type { BackendKind } from '@freeflow/contract';
import type { PrismaClient } from '@freeflow/db-master';
import { lockTenant } from '../provision-log';

/** Which blank resources a create may be made of, and which run of its operation makes it. */
export interface Claim {
  serverId: string;
  template: string;
  operationId: string;
  runId: string;
}

/**
 * Makes a ready blank resource the one that a tenant's ledger entry intends; nothing happens where the pool has none.
 * One statement: its row goes and the entry stands, with its nonce and server, or neither. So none is given twice, and
 * none is lost. Nor does an attempt that comes late claim any: the start of the undo, which nobody would follow any
 * more, has the tenant's row lock as well, which all take first.
 */
export async function claimPooled(
  db: PrismaClient,
  { tenantId, kind, name }: { tenantId: string; kind: BackendKind; name: string },
  { serverId, template, operationId, runId }: Claim,
): Promise<void> {
  const claim = db.$executeRaw`
    WITH claimed AS (
      DELETE FROM "PooledResource"
       WHERE EXISTS (SELECT 1 FROM "TenantOperation" WHERE id = ${operationId}::uuid AND "runId" = ${runId} AND "endedAt" IS NULL AND NOT undoing)
         AND id = (
           SELECT id FROM "PooledResource"
            WHERE kind = ${kind}::"BackendKind" AND state = 'ready' AND "serverId" = ${serverId} AND template = ${template}
            ORDER BY "createdAt", id LIMIT 1 FOR UPDATE SKIP LOCKED)
      RETURNING name, nonce, "serverId")
    INSERT INTO "TenantResource" (id, "tenantId", kind, name, nonce, "serverId", "formerName")
    SELECT gen_random_uuid(), ${tenantId}::uuid, ${kind}::"BackendKind", ${name}, nonce, "serverId", name FROM claimed`;
  try {
    await db.$transaction([lockTenant(db, { tenantId }), claim]);
  } catch (error) {
    // Another attempt has just recorded the entry: that is the one, and this one has claimed nothing.
    if ((await db.tenantResource.count({ where: { tenantId, kind } })) === 0) throw error;
  }
}
