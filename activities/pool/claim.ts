import type { BackendKind } from '@freeflow/contract';
import type { PrismaClient } from '@freeflow/db-master';

/** Which blank resources a create may be made of. */
export interface Claimable {
  serverId: string;
  template: string;
}

/**
 * Makes a ready blank resource the one that a tenant's ledger entry intends; nothing happens where the pool has none. One statement:
 * its row goes and the entry stands, with its nonce and server, or neither. So none is given twice, and none is lost.
 */
export async function claimPooled(
  db: PrismaClient,
  { tenantId, kind, name }: { tenantId: string; kind: BackendKind; name: string },
  { serverId, template }: Claimable,
): Promise<void> {
  try {
    await db.$executeRaw`
      WITH claimed AS (
        DELETE FROM "PooledResource" WHERE id = (
          SELECT id FROM "PooledResource"
           WHERE kind = ${kind}::"BackendKind" AND state = 'ready' AND "serverId" = ${serverId} AND template = ${template}
           ORDER BY "createdAt", id LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING name, nonce, "serverId")
      INSERT INTO "TenantResource" (id, "tenantId", kind, name, nonce, "serverId", "formerName")
      SELECT gen_random_uuid(), ${tenantId}::uuid, ${kind}::"BackendKind", ${name}, nonce, "serverId", name FROM claimed`;
  } catch (error) {
    // Another attempt has just recorded the entry: that is the one, and this one has claimed nothing.
    if ((await db.tenantResource.count({ where: { tenantId, kind } })) === 0) throw error;
  }
}
