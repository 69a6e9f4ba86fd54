import { Prisma, type PrismaClient } from '@freeflow/db-master';

/** The requester of a purge. */
export const RETENTION = 'retention';

/** More are accepted by the next sweep, seconds later. */
const PORTION = 500;
const LOCK_TIMEOUT_MS = 2_000;

/**
 * Accepts the purges that are due, oldest first, a portion at a time: not of what is on hold or protected. A tenant
 * with an open operation, or with a locked row, is left to a later sweep; the purge's own first step checks again
 * whether it is due. It belongs to the trace of the deletion that has asked for it.
 */
export async function acceptDuePurges(db: PrismaClient, portion = PORTION): Promise<number> {
  return db.$transaction(async (tx) => {
    // An insert waits for another one of the same key that isn't committed yet.
    await tx.$executeRaw`SELECT set_config('lock_timeout', ${String(LOCK_TIMEOUT_MS)}, true)`;
    return tx.$executeRaw(purgeStatement(portion));
  });
}

export const purgeStatement = (portion: number): Prisma.Sql => Prisma.sql`
  INSERT INTO "TenantOperation" (id, "tenantId", kind, "requestedBy", traceparent)
  SELECT gen_random_uuid(), due.id, 'purge', ${RETENTION}, (
    SELECT o.traceparent FROM "TenantOperation" o
     WHERE o."tenantId" = due.id AND o.kind = 'soft_delete' AND o.state = 'done' ORDER BY o."createdAt" DESC LIMIT 1) FROM (
    SELECT t.id FROM "Tenant" t
     WHERE t.status = 'deleted' AND t."goneAt" IS NULL AND t."purgeAt" IS NOT NULL AND NOT t."deletionProtected"
       AND GREATEST(t."purgeAt", t."holdUntil") <= now()
       AND NOT EXISTS (SELECT 1 FROM "TenantOperation" o WHERE o."tenantId" = t.id AND o."endedAt" IS NULL AND o.backend IS NULL)
     ORDER BY GREATEST(t."purgeAt", t."holdUntil") LIMIT ${portion} FOR KEY SHARE OF t SKIP LOCKED) due
  ON CONFLICT DO NOTHING`;
