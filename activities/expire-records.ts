import { Prisma, type PrismaClient } from '@freeflow/db-master';

const BATCH = 1_000;
/** What is left after so many is the next one's, an hour later. */
const MOST_BATCHES = 50;

/** What is kept for a time, each with the function of the database that deletes from it: the worker itself may not. */
const EXPIRY = {
  'audit trail': Prisma.sql`expire_audit`,
  events: Prisma.sql`expire_events`,
  'webhook deliveries': Prisma.sql`expire_webhook_deliveries`,
} as const;

export type ExpiringRecords = keyof typeof EXPIRY;

/**
 * Deletes what was kept for longer than it is to be kept, oldest first, each batch a transaction of its own.
 * @param days 0: nothing is ever deleted
 * @returns how many rows
 */
export async function expireRecords(db: PrismaClient, records: ExpiringRecords, days: number): Promise<number> {
  let sum = 0;
  for (let batch = 0; days > 0 && batch < MOST_BATCHES; batch++) {
    const [{ deleted }] = await db.$queryRaw<[{ deleted: number }]>`
      SELECT ${EXPIRY[records]}(${days}::int, ${BATCH}::int) AS deleted`;
    sum += deleted;
    if (deleted < BATCH) break;
  }
  return sum;
}
