import { Prisma, type PrismaClient } from '@freeflow/db-master';
import { walkBatches, type Batch, type WalkOptions } from './walk-batches';

/** How long operations and their logs are kept after their end, in days; 0: for ever. */
export interface OperationRetention {
  operationDays: number;
  /** 0: as long as their operation. */
  logDays: number;
}

/** How much was deleted. */
export interface ExpiredOperations extends Batch {
  operations: number;
  logs: number;
}

interface Next {
  days: OperationRetention;
  at: string | null;
  id: string | null;
  most: number;
}

/**
 * What is gone through, each with the function of the database that deletes of it, as that decides: the worker itself
 * may not.
 */
const PARTS = {
  'ended operations': {
    expire: ({ days: { operationDays, logDays }, at, id, most }: Next) =>
      Prisma.sql`SELECT * FROM expire_operations(${operationDays}::int, ${logDays}::int, ${at}::timestamptz, ${id}::uuid, ${most}::int)`,
    source: Prisma.sql`(SELECT "endedAt" AS at, id FROM "TenantOperation" WHERE "endedAt" IS NOT NULL) AS it`,
  },
  'logs of no operation': {
    expire: ({ days: { logDays }, at, id, most }: Next) =>
      Prisma.sql`SELECT * FROM expire_tenant_logs(${logDays}::int, ${at}::timestamptz, ${id}::uuid, ${most}::int)`,
    source: Prisma.sql`(SELECT "createdAt" AS at, id FROM "TenantProvisionLog" WHERE "operationId" IS NULL) AS it`,
  },
} as const;

export type OperationPart = keyof typeof PARTS;

export const OPERATION_PARTS = Object.keys(PARTS) as OperationPart[];

/**
 * Deletes ended operations that nobody needs any more, and logs. It goes through what has ended in time, round and
 * round: so what is kept costs no more than being passed by.
 * @param from where it has stopped the last time
 * @throws what the master database refuses; what was done until then is done
 */
export async function expireOperations(
  db: PrismaClient,
  part: OperationPart,
  days: OperationRetention,
  from: string | null,
  options: WalkOptions<ExpiredOperations>,
): Promise<void> {
  if (days.operationDays === 0 && days.logDays === 0) return;
  const { expire, source } = PARTS[part];
  const visit = async (at: string | null, id: string | null, most: number, timeoutMs: number) => {
    const [, [batch]] = await db.$transaction([
      db.$queryRaw`SELECT set_config('statement_timeout', ${String(timeoutMs)}, true)`,
      db.$queryRaw<[ExpiredOperations]>(expire({ days, at, id, most })),
    ]);
    return batch;
  };
  const peek = async (at: string | null, id: string | null) => {
    const [next] = await db.$queryRaw<{ at: Date; id: string }[]>`
      SELECT at, id FROM ${source}
       WHERE (at, id) > (coalesce(${at}::timestamptz, '-infinity'), coalesce(${id}::uuid, '00000000-0000-0000-0000-000000000000'))
       ORDER BY at, id LIMIT 1`;
    return next;
  };
  await walkBatches({ visit, peek }, from, options);
}
