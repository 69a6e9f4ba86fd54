import type { PrismaClient } from '@freeflow/db-master';

const BATCH = 1_000;
/** What is left after so many is the next one's, an hour later. */
const MOST_BATCHES = 50;

/**
 * Deletes the events that were kept for longer than they are to be kept, oldest first, each batch a transaction of its
 * own. By a function of the database: the worker itself may delete nothing there.
 * @param days 0: nothing is ever deleted
 * @returns how many
 */
export async function expireEvents(db: PrismaClient, days: number): Promise<number> {
  let sum = 0;
  for (let batch = 0; days > 0 && batch < MOST_BATCHES; batch++) {
    const [{ deleted }] = await db.$queryRaw<[{ deleted: number }]>`
      SELECT expire_events(${days}::int, ${BATCH}::int) AS deleted`;
    sum += deleted;
    if (deleted < BATCH) break;
  }
  return sum;
}
