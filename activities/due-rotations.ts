import { BACKEND_KINDS, SCHEDULE } from '@freeflow/contract';
import { Prisma, type PrismaClient } from '@freeflow/db-master';
import { acceptDue, HAS_NO_OPEN_OPERATION } from './accept-due';

/** How often credentials are rotated by themselves, and for how long those before stay valid. */
export interface RotationSchedule {
  everyMs: number;
  overlapS: number;
}

/** More are accepted by the next sweep, seconds later. */
const RETIRED_AT_ONCE = 500;
/** A few at a time: nobody waits for them, and each works at every backend. */
const ROTATED_AT_ONCE = 20;
/** While a backend is away each stays open, and nothing else is accepted for its tenant: not all tenants at once. */
const ROTATING_MOST = 100;
/**
 * One that was tried is not tried again before; one that has been open for longer keeps no other waiting: it may be so
 * for ever.
 */
const AGAIN_AFTER_MS = 6 * 3_600_000;
/** A tenant has one resource at each backend at most: so many rows may be those of one. */
const RESOURCES_MOST = BACKEND_KINDS.length;

/**
 * Accepts the end of credentials whose time is over, and, where that is configured, the rotation of those that are old
 * enough, a portion at a time: oldest first, and after those the ones that were tried before, longest ago first. A
 * tenant with an open operation is left to a later sweep, one that is cut off until it is active again: the first step
 * of each checks again what is due.
 */
export async function acceptDueRotations(db: PrismaClient, schedule: RotationSchedule | undefined): Promise<void> {
  await acceptDue(db, retireStatement(RETIRED_AT_ONCE));
  if (schedule !== undefined) await acceptDue(db, rotateStatement(schedule, ROTATED_AT_ONCE));
}

/**
 * Of the resource `r`: its tenant, where nothing keeps that from an operation. Looked up row by row, in the order of
 * the resources, until a portion is full: the planner would rather join and sort all of them.
 */
const freeTenant = (more = Prisma.empty): Prisma.Sql => Prisma.sql`LATERAL (
  SELECT FROM "Tenant" t WHERE t.id = r."tenantId" AND t.status = 'active' AND t."goneAt" IS NULL AND ${HAS_NO_OPEN_OPERATION} ${more} OFFSET 0) free`;

/** When a credential is to be ended: later than it is over where that was skipped. By the index of this expression. */
const RETIRES_AT = Prisma.sql`greatest(r."overlapUntil", r."retireAfter")`;

export const retireStatement = (portion: number): Prisma.Sql => Prisma.sql`
  INSERT INTO "TenantOperation" (id, "tenantId", kind, "requestedBy")
  SELECT gen_random_uuid(), due."tenantId", 'retire', ${SCHEDULE} FROM (
    SELECT r."tenantId" FROM "TenantResource" r, ${freeTenant()}
     WHERE ${RETIRES_AT} <= now() AND r."overlapUntil" IS NOT NULL AND r.state = 'present'
     ORDER BY ${RETIRES_AT} LIMIT ${portion * RESOURCES_MOST}) due
   GROUP BY due."tenantId" LIMIT ${portion}
  ON CONFLICT DO NOTHING`;

const AGE = Prisma.sql`coalesce(r."rotatedAt", r."createdAt")`;

/** One that still ends would be valid for longer than was promised. */
const NOTHING_RETIRES = Prisma.sql`AND NOT EXISTS (
  SELECT FROM "TenantResource" x WHERE x."tenantId" = t.id AND cardinality(x.retiring) > 0)`;

export const rotateStatement = ({ everyMs, overlapS }: RotationSchedule, portion: number): Prisma.Sql => {
  const isOld = Prisma.sql`${AGE} <= now() - ${everyMs} * interval '1 ms' AND r.state = 'present'`;
  const again = Prisma.sql`least(${everyMs}::float8, ${AGAIN_AFTER_MS}::float8) * interval '1 ms'`;
  const rows = portion * RESOURCES_MOST;
  return Prisma.sql`
  WITH untried AS (
    SELECT r."tenantId", 1 AS turn, ${AGE} AS since FROM "TenantResource" r, ${freeTenant(NOTHING_RETIRES)}
     WHERE r."rotationTriedAt" IS NULL AND ${isOld} ORDER BY ${AGE} LIMIT ${rows}),
  tried AS (
    SELECT r."tenantId", 2 AS turn, r."rotationTriedAt" AS since FROM "TenantResource" r, ${freeTenant(NOTHING_RETIRES)}
     WHERE r."rotationTriedAt" <= now() - ${again} AND ${isOld} ORDER BY r."rotationTriedAt" LIMIT ${rows}),
  due AS (
    SELECT "tenantId" FROM (SELECT * FROM untried UNION ALL SELECT * FROM tried) one
     GROUP BY "tenantId" ORDER BY max(turn), min(since) LIMIT least(${portion}::bigint, greatest(0, ${ROTATING_MOST}::bigint - (
       SELECT count(*) FROM "TenantOperation" o
        WHERE o.kind = 'rotate' AND o."endedAt" IS NULL AND o."requestedBy" = ${SCHEDULE} AND o."createdAt" > now() - ${again})))),
  noted AS (
    UPDATE "TenantResource" r SET "rotationTriedAt" = now() FROM due WHERE r."tenantId" = due."tenantId")
  INSERT INTO "TenantOperation" (id, "tenantId", kind, "requestedBy", "overlapS")
  SELECT gen_random_uuid(), due."tenantId", 'rotate', ${SCHEDULE}, ${overlapS}::int FROM due
  ON CONFLICT DO NOTHING`;
};
