import { randomUUID } from 'node:crypto';
import type { Prisma, PrismaClient } from './generated/client';

/**
 * Records what an administrator did with a tenant outside of any operation, in its provision log, `seq` taken under the
 * tenant's row lock like that of every other row.
 * @param message who did what, for everybody's eyes
 */
export async function recordTenantEvent(
  db: PrismaClient | Prisma.TransactionClient,
  tenantId: string,
  step: string,
  message: string,
): Promise<void> {
  await db.$executeRaw`
    WITH tenant AS (UPDATE "Tenant" SET "logSeq" = "logSeq" + 1 WHERE id = ${tenantId}::uuid RETURNING "logSeq")
    INSERT INTO "TenantProvisionLog" (id, "tenantId", step, status, message, seq)
    SELECT ${randomUUID()}::uuid, ${tenantId}::uuid, ${step}, 'success', ${message}, tenant."logSeq" FROM tenant`;
}
