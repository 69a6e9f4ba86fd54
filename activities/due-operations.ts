import { type BackendKind, type OperationKind } from '@freeflow/contract';
import { Prisma, type PrismaClient } from '@freeflow/db-master';

/** An open operation that a sweep is to start, unless it has a run. */
export interface Due {
  id: string;
  tenantId: string;
  tenantName: string;
  kind: OperationKind;
  requestedBy: string;
  force: boolean;
  /** What an adoption is about; null for all others. */
  backend: BackendKind | null;
  traceparent: string | null;
}

type Claimed = Due & { createdAt: Date; isNew: boolean };

/**
 * An operation whose runs keep ending is started again after so long at first, twice as long each time, and this long
 * at most.
 */
const FIRST_PAUSE_S = 10;
const LONGEST_PAUSE_S = 600;
/** 10 s doubled six times is more than ten minutes already; a power without a bound overflows at a thousand runs. */
const DOUBLED_AT_MOST = 6;

/** An operation is swept again after a tenth of its run's age, within these bounds. */
const SOONEST_SWEEP_S = 10;
const LATEST_SWEEP_S = 60;

/**
 * Takes the next operations off the queue: those that were never swept, oldest first, then those swept longest ago.
 * They go to its end at once, so that two sweeps share the work, and what can't be started holds nothing up.
 * @param startedAt when this sweep began, by the master database: it takes none twice
 */
export async function claimDueOperations(db: PrismaClient, startedAt: Date, limit: number): Promise<Due[]> {
  const claimed = await db.$queryRaw<Claimed[]>(claimStatement(startedAt, limit));
  // RETURNING keeps no order.
  return claimed.sort(byTurn).map(({ createdAt: _createdAt, isNew: _isNew, ...due }) => due);
}

const byTurn = (a: Claimed, b: Claimed): number =>
  Number(b.isNew) - Number(a.isNew) || a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : 1);

export const claimStatement = (startedAt: Date, limit: number): Prisma.Sql => Prisma.sql`
  WITH due AS (
    SELECT id, "sweepAt" IS NULL AS "isNew" FROM "TenantOperation"
     WHERE "endedAt" IS NULL AND ("sweepAt" IS NULL OR "sweepAt" <= ${startedAt.toISOString()}::timestamptz)
       AND ("lastRunAt" IS NULL OR "lastRunAt" < now() - least(${FIRST_PAUSE_S} * 2 ^ least(runs - 1, ${DOUBLED_AT_MOST}), ${LONGEST_PAUSE_S}) * interval '1 second')
     ORDER BY "sweepAt" NULLS FIRST, "createdAt", id
     LIMIT ${limit} FOR UPDATE SKIP LOCKED)
  UPDATE "TenantOperation" o
     SET "sweepAt" = now() + least(greatest((now() - coalesce(o."lastRunAt", o."createdAt")) / 10, ${SOONEST_SWEEP_S} * interval '1 second'), ${LATEST_SWEEP_S} * interval '1 second')
    FROM due, "Tenant" t
   WHERE o.id = due.id AND t.id = o."tenantId"
  RETURNING o.id, o."tenantId", o.kind::text AS kind, o."requestedBy", o.force, o.backend::text AS backend, o.traceparent, t.name AS "tenantName", o."createdAt", due."isNew"`;
