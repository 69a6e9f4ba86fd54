import type { PrismaClient } from '@freeflow/db-master';

/** How long operations and their logs are kept after their end, in days; 0: for ever. */
export interface OperationRetention {
  operationDays: number;
  /** 0: as long as their operation. */
  logDays: number;
}

export interface ExpiredOperations {
  operations: number;
  logs: number;
  /** Where the next one goes on; null: at the oldest. */
  goesOnAt: string | null;
}

/** What one transaction goes through: at some twenty rows of the log each a tenth of a second, in which it keeps nobody waiting. */
const BATCH = 200;
/** What is left after so many is the next one's, an hour later. */
const MOST_BATCHES = 250;

interface Step {
  looked: number;
  operations: number;
  logs: number;
  lastAt: Date | null;
  lastId: string | null;
}

/**
 * Deletes ended operations that nobody needs any more, and logs, as `expire_operations` of the master database decides.
 * It goes through what has ended in time, from where it has stopped, round and round: so what is kept costs no more
 * than being passed by, each batch in a transaction of its own.
 * @param from as `goesOnAt` had it the last time
 */
export async function expireOperations(
  db: PrismaClient,
  { operationDays, logDays }: OperationRetention,
  from: string | null,
  signal?: AbortSignal,
  batchSize = BATCH,
): Promise<ExpiredOperations> {
  const sum: ExpiredOperations = { operations: 0, logs: 0, goesOnAt: from };
  if (operationDays === 0 && logDays === 0) return sum;
  for (let batch = 0; batch < MOST_BATCHES && signal?.aborted !== true; batch++) {
    const [at, id] = sum.goesOnAt?.split('/') ?? [];
    const [step] = await db.$queryRaw<[Step]>`
      SELECT * FROM expire_operations(${operationDays}::int, ${logDays}::int, ${at ?? null}::timestamptz, ${id ?? null}::uuid, ${batchSize}::int)`;
    sum.operations += step.operations;
    sum.logs += step.logs;
    sum.goesOnAt = step.looked < batchSize ? null : placeOf(step);
    if (sum.goesOnAt === null) break;
  }
  return sum;
}

const placeOf = ({ lastAt, lastId }: Step): string | null =>
  lastAt === null || lastId === null ? null : `${lastAt.toISOString()}/${lastId}`;
