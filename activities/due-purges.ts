import { Prisma, type PrismaClient } from '@freeflow/db-master';
import { acceptDue, HAS_NO_OPEN_OPERATION } from './accept-due';

/** The requester of a purge. */
export const RETENTION = 'retention';

/** More are accepted by the next sweep, seconds later. */
const PORTION = 500;

/**
 * Accepts the purges that are due, oldest first, a portion at a time: not of what is on hold or protected. A tenant
 * with an open operation, or with a locked row, is left to a later sweep; the purge's own first step checks again
 * whether it is due. It belongs to the trace of the deletion that has asked for it.
 */
export const acceptDuePurges = (db: PrismaClient, portion = PORTION): Promise<number> =>
  acceptDue(db, purgeStatement(portion));

export const purgeStatement = (portion: number): Prisma.Sql => Prisma.sql`
  INSERT INTO "TenantOperation" (id, "tenantId", kind, "requestedBy", traceparent)
  SELECT gen_random_uuid(), due.id, 'purge', ${RETENTION}, (
    SELECT o.traceparent FROM "TenantOperation" o
     WHERE o."tenantId" = due.id AND o.kind = 'soft_delete' AND o.state = 'done' ORDER BY o."createdAt" DESC LIMIT 1) FROM (
    SELECT t.id FROM "Tenant" t
     WHERE t.status = 'deleted' AND t."goneAt" IS NULL AND t."purgeAt" IS NOT NULL AND NOT t."deletionProtected"
       AND GREATEST(t."purgeAt", t."holdUntil") <= now()
       AND ${HAS_NO_OPEN_OPERATION}
     ORDER BY GREATEST(t."purgeAt", t."holdUntil") LIMIT ${portion} FOR KEY SHARE OF t SKIP LOCKED) due
  ON CONFLICT DO NOTHING`;
