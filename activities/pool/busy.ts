import type { PrismaClient } from '@freeflow/db-master';

/** What has not moved for so long keeps no server busy. */
const STILL_FOR_S = 300;

/**
 * Whether operations are under way: the pool gives way to them, and is never filled beside the create that has claimed
 * of it. What is parked waits.
 */
export async function hasOpenOperations(db: PrismaClient): Promise<boolean> {
  const [row] = await db.$queryRaw<[{ isBusy: boolean }]>`
    SELECT EXISTS (
      SELECT 1 FROM "TenantOperation"
       WHERE "endedAt" IS NULL AND state <> 'parked'
         AND "updatedAt" > clock_timestamp() - ${STILL_FOR_S} * interval '1 second') AS "isBusy"`;
  return row.isBusy;
}
