import { Prisma, type PrismaClient } from '@freeflow/db-master';
import { acceptDue, HAS_NO_OPEN_OPERATION } from './accept-due';

/** The requester of what a schedule asks for. */
const SCHEDULE = 'schedule';

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
/** One that was rolled back is not tried again before. */
const AGAIN_AFTER_MS = 6 * 3_600_000;

/**
 * Accepts the end of credentials whose time is over, and, where that is configured, the rotation of those that are old
 * enough; both oldest first, a portion at a time. A tenant with an open operation is left to a later sweep, one that is
 * cut off until it is active again: the first step of each checks again what is due.
 */
export async function acceptDueRotations(db: PrismaClient, schedule: RotationSchedule | undefined): Promise<void> {
  await acceptDue(db, retireStatement(RETIRED_AT_ONCE));
  if (schedule !== undefined) await acceptDue(db, rotateStatement(schedule, ROTATED_AT_ONCE));
}

const IS_FREE = Prisma.sql`t.status = 'active' AND t."goneAt" IS NULL AND ${HAS_NO_OPEN_OPERATION}`;

const retireStatement = (portion: number): Prisma.Sql => Prisma.sql`
  INSERT INTO "TenantOperation" (id, "tenantId", kind, "requestedBy")
  SELECT gen_random_uuid(), due.id, 'retire', ${SCHEDULE} FROM (
    SELECT t.id, min(r."overlapUntil") AS since
      FROM "TenantResource" r JOIN "Tenant" t ON t.id = r."tenantId"
     WHERE r."overlapUntil" <= now() AND r.state = 'present' AND ${IS_FREE}
     GROUP BY t.id ORDER BY since LIMIT ${portion}) due
  ON CONFLICT DO NOTHING`;

const rotateStatement = ({ everyMs, overlapS }: RotationSchedule, portion: number): Prisma.Sql => Prisma.sql`
  INSERT INTO "TenantOperation" (id, "tenantId", kind, "requestedBy", "overlapS")
  SELECT gen_random_uuid(), due.id, 'rotate', ${SCHEDULE}, ${overlapS}::int FROM (
    SELECT t.id, min(coalesce(r."rotatedAt", r."createdAt")) AS since
      FROM "TenantResource" r JOIN "Tenant" t ON t.id = r."tenantId"
     WHERE coalesce(r."rotatedAt", r."createdAt") <= now() - ${everyMs} * interval '1 ms' AND r.state = 'present' AND ${IS_FREE}
       AND NOT EXISTS (SELECT FROM "TenantResource" x WHERE x."tenantId" = t.id AND cardinality(x.retiring) > 0)
       AND NOT EXISTS (SELECT FROM "TenantOperation" o WHERE o."tenantId" = t.id AND o.kind = 'rotate'
                          AND o."createdAt" > now() - least(${everyMs}, ${AGAIN_AFTER_MS}) * interval '1 ms')
     GROUP BY t.id ORDER BY since LIMIT least(${portion}::bigint, greatest(0, ${ROTATING_MOST}::bigint - (
       SELECT count(*) FROM "TenantOperation" o WHERE o.kind = 'rotate' AND o."endedAt" IS NULL AND o."requestedBy" = ${SCHEDULE})))) due
  ON CONFLICT DO NOTHING`;
