import { Prisma, type PrismaClient } from '@freeflow/db-master';
import { log } from '@temporalio/activity';
import { messageOf } from '../../backends/failures';

const BATCH = 1_000;

/**
 * What goes whatever its age: rows of webhooks that were removed, and what disabled ones wait with though its event has
 * gone.
 */
const FUNCTIONS = [Prisma.sql`expire_deleted_webhooks`, Prisma.sql`expire_undeliverable`];

/**
 * Deletes it batch by batch, each in a transaction of its own, until nothing is left or the time is over; what can't be
 * deleted of the one kind keeps nothing of the other. Never throws.
 * @returns whether there is more
 */
export async function expireWebhooks(db: PrismaClient, timeMs: number, batch = BATCH): Promise<boolean> {
  const end = performance.now() + timeMs;
  for (const name of FUNCTIONS) {
    try {
      let isMore = false;
      do {
        [{ isMore }] = await db.$queryRaw<[{ isMore: boolean }]>`SELECT ${name}(${batch}::int) AS "isMore"`;
      } while (isMore && performance.now() < end);
      if (isMore) return true;
    } catch (error) {
      log.warn('deliveries of removed and disabled webhooks could not be deleted', { cause: messageOf(error) });
    }
  }
  return false;
}
