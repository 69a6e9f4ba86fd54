import { Prisma, type PrismaClient } from '@freeflow/db-master';
import { log } from '@temporalio/activity';
import { messageOf } from '../backends/failures';
import { expireWebhooks } from './webhooks/expire-webhooks';

const BATCH = 1_000;
/** For so long one sweep deletes of one kind of records, in ms: well within its activity's time-out. */
const TIME_MS = 4_000;
/** How long nothing is looked for once nothing is left, in ms. */
const PAUSE_MS = 60_000;

/** What is kept for a time, each with the function of the database that deletes from it: the worker itself may not. */
const EXPIRY = {
  'audit trail': Prisma.sql`expire_audit`,
  events: Prisma.sql`expire_events`,
  'webhook deliveries': Prisma.sql`expire_webhook_deliveries`,
} as const;

export type ExpiringRecords = keyof typeof EXPIRY;

/** How long each is kept, in days; 0, or none: for ever. */
export type RetentionDays = Readonly<Partial<Record<ExpiringRecords, number | undefined>>>;

interface Pace {
  timeMs?: number;
  pauseMs?: number;
}

/**
 * What each sweep does about records whose time is over: with the sweeps, since those never stop for long, and as fast
 * as there is more, or whoever makes many would make more than is ever deleted. What fails is tried again; it never
 * throws.
 */
export function recordExpirer(
  db: PrismaClient,
  days: RetentionDays,
  { timeMs = TIME_MS, pauseMs = PAUSE_MS }: Pace = {},
): () => Promise<void> {
  let nextAt = -Infinity;
  return async () => {
    if (performance.now() < nextAt) return;
    let isMore = false;
    for (const records of Object.keys(EXPIRY) as ExpiringRecords[])
      isMore = (await expireOld(db, records, days[records] ?? 0, timeMs)) || isMore;
    isMore = (await expireWebhooks(db, timeMs)) || isMore;
    nextAt = isMore ? -Infinity : performance.now() + pauseMs;
  };
}

/** @returns whether there may be more */
async function expireOld(db: PrismaClient, records: ExpiringRecords, days: number, timeMs: number): Promise<boolean> {
  try {
    const { deleted, isMore } = await expireBatches(db, records, days, timeMs);
    if (deleted > 0) log.info('old records were deleted', { records, deleted });
    return isMore;
  } catch (error) {
    log.warn('old records could not be deleted', { records, cause: messageOf(error) });
    return false;
  }
}

/**
 * Deletes what was kept for longer than it is to be kept, oldest first, each batch a transaction of its own, until
 * nothing is left or the time is over.
 * @param days 0: nothing is ever deleted
 * @returns how many rows
 */
export async function expireRecords(
  db: PrismaClient,
  records: ExpiringRecords,
  days: number,
  timeMs = TIME_MS,
): Promise<number> {
  return (await expireBatches(db, records, days, timeMs)).deleted;
}

/** @returns how many rows, and whether there may be more: the last batch was full */
async function expireBatches(db: PrismaClient, records: ExpiringRecords, days: number, timeMs: number) {
  const end = performance.now() + timeMs;
  let sum = 0;
  let isMore = days > 0;
  while (isMore) {
    const [{ deleted }] = await db.$queryRaw<[{ deleted: number }]>`
      SELECT ${EXPIRY[records]}(${days}::int, ${BATCH}::int) AS deleted`;
    sum += deleted;
    isMore = deleted === BATCH;
    if (performance.now() >= end) break;
  }
  return { deleted: sum, isMore };
}
