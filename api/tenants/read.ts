import type { ListQuery, LogQuery } from '@freeflow/contract/http';
import { Prisma, type PrismaClient } from '@freeflow/db-master';
import { decodeCursor, encodeCursor, logPlace, tenantPlace } from './cursor';
import { tenantNotFound } from './refusals';
import { inOneSnapshot } from './snapshot';
import { isParkedAt } from './stuck-rows';
import { LAST_OPERATIONS, lastAdoptions, viewLogRow, viewTenant, viewTenantDetail, type RunUrl } from './view';

/** Reads tenants and their logs. */
export function tenantReader(db: PrismaClient, runUrl: RunUrl) {
  return {
    /** @throws Problem `tenant-unknown` */
    async get(id: string) {
      const [tenant, adoptions] = await inOneSnapshot(
        db,
        async (tx) =>
          [
            await tx.tenant.findUnique({
              where: { id },
              include: { ...LAST_OPERATIONS, connections: { orderBy: { service: 'asc' } } },
            }),
            await tx.tenantOperation.findMany(lastAdoptions(id)),
          ] as const,
      );
      if (tenant === null) throw tenantNotFound(id);
      return viewTenantDetail(tenant, adoptions, runUrl);
    },

    async list(query: ListQuery) {
      const ids = await pageOfIds(db, query);
      const tenants = await inOneSnapshot(db, (tx) =>
        tx.tenant.findMany({
          where: { id: { in: ids.slice(0, query.limit) } },
          include: LAST_OPERATIONS,
          orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        }),
      );
      const last = tenants.at(-1);
      return {
        items: tenants.map((tenant) => viewTenant(tenant, runUrl)),
        nextCursor:
          ids.length > query.limit && last !== undefined ? encodeCursor([last.createdAt.toISOString(), last.id]) : null,
      };
    },

    /** Oldest first: a follower continues from its last page. @throws Problem `tenant-unknown` */
    async logs(tenantId: string, { limit, cursor }: LogQuery) {
      if ((await db.tenant.count({ where: { id: tenantId } })) === 0) throw tenantNotFound(tenantId);
      const [after] = cursor === undefined ? [0] : decodeCursor(logPlace, cursor);
      const rows = await db.tenantProvisionLog.findMany({
        where: { tenantId, seq: { gt: after } },
        orderBy: { seq: 'asc' },
        take: limit + 1,
      });
      const items = rows.slice(0, limit);
      return {
        items: items.map(viewLogRow),
        nextCursor: rows.length > limit ? encodeCursor([items.at(-1)?.seq ?? after]) : null,
      };
    },
  };
}

/** One more than the limit, which shows whether there is a next page. In SQL, since Prisma can't select the last of many. */
async function pageOfIds(db: PrismaClient, query: ListQuery): Promise<string[]> {
  const { status, name, gone, limit, cursor } = query;
  const place = cursor === undefined ? undefined : decodeCursor(tenantPlace, cursor);
  const conditions = [
    ...(gone === 'true' ? [] : [Prisma.sql`t."goneAt" IS NULL`]),
    ...(status === undefined ? [] : [Prisma.sql`t.status::text = ${status}`]),
    ...(name === undefined ? [] : [Prisma.sql`t.name = ${name}`]),
    ...hasOperation(query),
    ...(place === undefined ? [] : [Prisma.sql`(t."createdAt", t.id) < (${place[0]}::timestamptz, ${place[1]}::uuid)`]),
    Prisma.sql`true`,
  ];
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT t.id FROM "Tenant" t
     WHERE ${Prisma.join(conditions, ' AND ')}
     ORDER BY t."createdAt" DESC, t.id DESC LIMIT ${limit + 1}`;
  return rows.map(({ id }) => id);
}

/** The last operation counts, and each that is open: below a forced deletion, the one that it has interrupted may be parked. */
function hasOperation({ operation, step }: ListQuery): Prisma.Sql[] {
  if (operation === undefined && step === undefined) return [];
  const conditions = [
    ...(operation === undefined ? [] : [Prisma.sql`o.state::text = ${operation}`]),
    ...(step === undefined ? [] : [Prisma.sql`(o.step = ${step} OR ${isParkedAt(step)})`]),
  ];
  return [
    Prisma.sql`EXISTS (
      SELECT FROM "TenantOperation" o
       WHERE o."tenantId" = t.id AND o.kind <> 'adopt' AND ${Prisma.join(conditions, ' AND ')}
         AND (o."endedAt" IS NULL OR o.id = (
               SELECT l.id FROM "TenantOperation" l WHERE l."tenantId" = t.id AND l.kind <> 'adopt'
                ORDER BY l."endedAt" DESC NULLS FIRST, l."createdAt" DESC LIMIT 1)))`,
  ];
}
