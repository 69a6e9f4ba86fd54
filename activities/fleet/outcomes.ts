import { Prisma, type FleetUpgrade } from '@freeflow/db-master';

type Tx = Pick<Prisma.TransactionClient, '$executeRaw'>;

/** So long an answer takes at most to get to what is parked. */
const ANSWERED_S = 15;

/**
 * Notes what has become of the operations of an upgrade. One that is parked counts as failed, so that it holds up
 * nobody; it is followed all the same until it has ended.
 */
export const noteOutcomes = (tx: Tx, { id }: Pick<FleetUpgrade, 'id'>): Promise<number> =>
  note(
    tx,
    // Tried again it is parked until its attempt has come to an end: what it was parked by before counts no more.
    Prisma.sql`f."upgradeId" = ${id}::uuid AND (f.state = 'running' OR f."isParked") AND (o."endedAt" IS NOT NULL
      OR f.state = 'running' AND o.state = 'parked'
         AND (o."updatedAt" > f."changedAt" OR f."changedAt" < clock_timestamp() - ${ANSWERED_S} * interval '1 second'))`,
  );

/** The same of all that were parked when their upgrade ended, and have ended now. */
export const noteLateOutcomes = (tx: Tx): Promise<number> =>
  note(tx, Prisma.sql`f."isParked" AND o."endedAt" IS NOT NULL`);

/**
 * Refused: before it had begun something came in between, as a hold, which is no failure; nor is it one that a forced
 * deletion has interrupted it. Done, but without the version, it was by workers of a build that knows no blueprint.
 */
const note = (tx: Tx, condition: Prisma.Sql): Promise<number> => tx.$executeRaw`
  UPDATE "FleetTenant" f
     SET state = CASE WHEN o.state = 'done' THEN CASE WHEN t."blueprintVersion" >= u.version THEN 'done' ELSE 'failed' END
                      WHEN o.state = 'refused' OR o."endedAt" IS NOT NULL AND o.step = 'interrupted' THEN 'left' ELSE 'failed' END,
         "isParked" = o."endedAt" IS NULL, "changedAt" = clock_timestamp(),
         cause = CASE WHEN o.state <> 'done' THEN replace(o.state::text, '_', ' ') || coalesce(' at ' || o.step, '') || coalesce(': ' || o.cause, '')
                      WHEN t."blueprintVersion" >= u.version THEN NULL
                      ELSE 'not all of it was applied: a worker of an older build has taken part. Try it again once none is left' END
    FROM "TenantOperation" o JOIN "Tenant" t ON t.id = o."tenantId", "FleetUpgrade" u
   WHERE o.id = f."operationId" AND u.id = f."upgradeId" AND ${condition}`;
