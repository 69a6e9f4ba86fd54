import { Prisma, type PrismaClient } from '@freeflow/db-master';

const LOCK_TIMEOUT_MS = 2_000;

/** Of the tenant `t`: nothing but an adoption is in progress. */
export const HAS_NO_OPEN_OPERATION = Prisma.sql`NOT EXISTS (
  SELECT FROM "TenantOperation" o WHERE o."tenantId" = t.id AND o."endedAt" IS NULL AND o.backend IS NULL)`;

/** Inserts the operations that are due. @returns how many */
export const acceptDue = (db: PrismaClient, statement: Prisma.Sql): Promise<number> =>
  db.$transaction(async (tx) => {
    // An insert waits for another one of the same key that isn't committed yet.
    await tx.$executeRaw`SELECT set_config('lock_timeout', ${String(LOCK_TIMEOUT_MS)}, true)`;
    return tx.$executeRaw(statement);
  });
