import type { EventRow } from '@freeflow/contract/http';
import { Prisma, type PrismaClient } from '@freeflow/db-master';

/** A part of the events: after one, up to another where one is named, of one tenant where that is. */
export interface EventRange {
  after: bigint;
  upTo?: bigint;
  tenantId?: string | undefined;
  limit: number;
}

/** In the order of commits, which is that of the ids: no event comes later that belongs between two of these. */
export const readEvents = (db: PrismaClient, { after, upTo, tenantId, limit }: EventRange): Promise<EventRow[]> =>
  db.$queryRaw<EventRow[]>`
    SELECT id, "at", type, "tenantId", "tenantName", "operationId", data FROM "Event"
     WHERE id > ${after}
       ${upTo === undefined ? Prisma.empty : Prisma.sql`AND id <= ${upTo}`}
       ${tenantId === undefined ? Prisma.empty : Prisma.sql`AND "tenantId" = ${tenantId}::uuid`}
     ORDER BY id LIMIT ${limit}`;

/** The oldest and the newest event that is kept; 0 where there is none. */
export async function readBounds(db: PrismaClient): Promise<{ oldest: bigint; newest: bigint }> {
  const [bounds] = await db.$queryRaw<[{ oldest: bigint; newest: bigint }]>`
    SELECT coalesce((SELECT min(id) FROM "Event"), 0) AS oldest, coalesce((SELECT max(id) FROM "Event"), 0) AS newest`;
  return bounds;
}
