import type { FleetUpgrade, Prisma } from '@freeflow/db-master';

/**
 * Notes what has become of the operations: done; failed, where it was rolled back, refused or is parked, with its
 * cause. What is parked holds up nobody, and is done all the same once it has got through.
 */
export async function noteOutcomes(
  tx: Pick<Prisma.TransactionClient, '$executeRaw'>,
  { id }: Pick<FleetUpgrade, 'id'>,
): Promise<void> {
  await tx.$executeRaw`
    UPDATE "FleetTenant" f
       SET state = CASE WHEN o.state = 'done' THEN 'done' ELSE 'failed' END, "changedAt" = clock_timestamp(),
           cause = CASE WHEN o.state = 'done' THEN NULL ELSE replace(o.state::text, '_', ' ') || coalesce(' at ' || o.step, '') || coalesce(': ' || o.cause, '') END
      FROM "TenantOperation" o
     WHERE f."upgradeId" = ${id}::uuid AND o.id = f."operationId"
       AND (f.state = 'running' AND (o."endedAt" IS NOT NULL OR o.state = 'parked') OR f.state = 'failed' AND o.state = 'done')`;
}
