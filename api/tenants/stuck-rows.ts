import { Prisma, type PrismaClient } from '@freeflow/db-master';

/** An operation is started within this time, or by the next sweep; it counts as stuck only after that. In ms. */
const STARTS_WITHIN_MS = 15_000;

/** A number of ids, and how many there are in all. */
export interface Some {
  ids: string[];
  total: number;
}

type Db = Pick<PrismaClient, '$queryRaw'>;

// Adoptions are left out: they give up by themselves, and have runs of their own. Times are compared by the master
// database, whose clock alone counts; what was written by a clock that is ahead counts as well, and is not left for
// later.
const isOpen = (row: Prisma.Sql) => Prisma.sql`${row}."endedAt" IS NULL AND ${row}.kind <> 'adopt'`;
const OPEN = isOpen(Prisma.sql`o`);
// A forced deletion is not begun before the operation that it has interrupted is undone, which can be parked for hours:
// that one is what goes on, or does not.
const WAITS_FOR_UNDO = Prisma.sql`EXISTS (
  SELECT FROM "TenantOperation" other
   WHERE other."tenantId" = o."tenantId" AND other.id <> o.id AND ${isOpen(Prisma.sql`other`)} AND other.state <> 'requested')`;
const isOld = (column: Prisma.Sql) =>
  Prisma.sql`${column} NOT BETWEEN now() - ${STARTS_WITHIN_MS} * interval '1 ms' AND now() + ${STARTS_WITHIN_MS} * interval '1 ms'`;

/** Whether an operation `o` is parked at a step: several can be parked at a time. */
export const isParkedAt = (step: string): Prisma.Sql => Prisma.sql`o.parked @> ${JSON.stringify([{ step }])}::jsonb`;

/** The operations that wait for an answer, oldest first; at one step only, where one is given. */
export const parkedOperations = (db: Db, limit: number, step?: string): Promise<Some> =>
  loadSome(db.$queryRaw`
    SELECT o.id, count(*) OVER () AS total FROM "TenantOperation" o
     WHERE ${OPEN} AND o.state = 'parked' AND ${step === undefined ? Prisma.sql`true` : isParkedAt(step)}
     ORDER BY o."createdAt", o.id LIMIT ${limit}`);

/**
 * Those that were accepted and have not started since, oldest first; without those that wait for another to be undone.
 */
export const unstartedOperations = (db: Db, limit: number): Promise<Some> =>
  loadSome(db.$queryRaw`
    SELECT o.id, count(*) OVER () AS total FROM "TenantOperation" o
     WHERE ${OPEN} AND o.state = 'requested' AND ${isOld(Prisma.sql`o."createdAt"`)} AND NOT ${WAITS_FOR_UNDO}
     ORDER BY o."createdAt", o.id LIMIT ${limit}`);

/**
 * Those in progress, the ones that have not changed for longest first: whether their runs go on, only Temporal can
 * report.
 */
export const quietOperations = (db: Db, limit: number): Promise<Some> =>
  loadSome(db.$queryRaw`
    SELECT o.id, count(*) OVER () AS total FROM "TenantOperation" o
     WHERE ${OPEN} AND o.state IN ('running', 'undoing') AND ${isOld(Prisma.sql`o."updatedAt"`)}
     ORDER BY o."updatedAt", o.id LIMIT ${limit}`);

/**
 * The tenants whose purge has been due for longer than this, without an open operation: no sweep has started one. What
 * is on hold or protected is not due.
 * Longest first.
 */
export const overduePurges = (db: Db, limit: number, overdueMs: number): Promise<Some> =>
  loadSome(db.$queryRaw`
    SELECT t.id, count(*) OVER () AS total FROM "Tenant" t
     WHERE t."goneAt" IS NULL AND t.status = 'deleted' AND t."purgeAt" IS NOT NULL AND NOT t."deletionProtected"
       AND GREATEST(t."purgeAt", t."holdUntil") < now() - ${overdueMs} * interval '1 ms'
       AND NOT EXISTS (SELECT FROM "TenantOperation" o WHERE o."tenantId" = t.id AND ${OPEN})
     ORDER BY GREATEST(t."purgeAt", t."holdUntil"), t.id LIMIT ${limit}`);

/**
 * The tenants whose old credentials should have been ended for longer than this, without an open operation: no sweep
 * has started that. Not where on-call has put it off, nor what is cut off with its tenant. Longest first.
 */
export const overdueRetirements = (db: Db, limit: number, overdueMs: number): Promise<Some> =>
  loadSome(db.$queryRaw`
    SELECT id, count(*) OVER () AS total FROM (
      SELECT r."tenantId" AS id, min(r."overlapUntil") AS since FROM "TenantResource" r JOIN "Tenant" t ON t.id = r."tenantId"
       WHERE greatest(r."overlapUntil", r."retireAfter") < now() - ${overdueMs} * interval '1 ms'
         AND r."overlapUntil" IS NOT NULL AND r.state = 'present' AND t.status = 'active' AND t."goneAt" IS NULL
         AND NOT EXISTS (SELECT FROM "TenantOperation" o WHERE o."tenantId" = t.id AND ${OPEN})
       GROUP BY r."tenantId") due
     ORDER BY since, id LIMIT ${limit}`);

async function loadSome(rows: PromiseLike<unknown>): Promise<Some> {
  const found = (await rows) as { id: string; total: bigint }[];
  return { ids: found.map(({ id }) => id), total: Number(found[0]?.total ?? 0) };
}
