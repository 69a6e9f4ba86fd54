import type { EventRow } from '@freeflow/contract/http';
import { Prisma, type PrismaClient } from '@freeflow/db-master';

/** The place of a reader: the last event it has. By its time it is told from another one that got the same id later. */
export type EventPlace = Pick<EventRow, 'id' | 'at'>;

/** The place before all events. */
const BEGINNING: EventPlace = { id: 0n, at: new Date(0) };

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

/**
 * The events after a place; undefined where the event of that place is not there any more, or is another one: then the
 * database is not the one that had it, but what a restore, or a standby that lagged behind, has of it.
 */
export async function readOn(db: PrismaClient, place: EventPlace, limit: number): Promise<EventRow[] | undefined> {
  const rows = await db.$queryRaw<EventRow[]>`
    SELECT id, "at", type, "tenantId", "tenantName", "operationId", CASE WHEN id > ${place.id} THEN data END AS data
      FROM "Event" WHERE id >= ${place.id} ORDER BY id LIMIT ${limit + 1}`;
  if (place.id === BEGINNING.id) return rows;
  const [last, ...newer] = rows;
  return last !== undefined && isSame(last, place) ? newer : undefined;
}

const isSame = (one: EventPlace, other: EventPlace): boolean =>
  one.id === other.id && one.at.getTime() === other.at.getTime();

/** The oldest event that is kept, 0 where there is none, and the place of the newest. */
export async function readBounds(db: PrismaClient): Promise<{ oldest: bigint; newest: EventPlace }> {
  const [bounds] = await db.$queryRaw<(EventPlace & { oldest: bigint })[]>`
    SELECT id, "at", (SELECT min(id) FROM "Event") AS oldest FROM "Event" ORDER BY id DESC LIMIT 1`;
  return bounds === undefined ? { oldest: 0n, newest: BEGINNING } : { oldest: bounds.oldest, newest: bounds };
}
