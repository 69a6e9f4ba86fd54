import type { ListQuery, LogQuery, OperationQuery } from '@freeflow/contract/http';
import { inOneSnapshot, type PrismaClient, type TenantProvisionLog } from '@freeflow/db-master';
import { cursorAfter, decodeCursor, encodeCursor, logPlace, timePlace } from './cursor';
import { findDetail } from './detail-row';
import { pageOfIds } from './page';
import { tenantNotFound } from './refusals';
import { LAST_OPERATIONS, viewLogRow, viewOperation, viewTenant, viewTenantDetail, type RunUrl } from './view';

/** Reads tenants and their logs. */
export function tenantReader(db: PrismaClient, runUrl: RunUrl) {
  return {
    /** @throws Problem `tenant-unknown` */
    async get(id: string) {
      const tenant = await findDetail(db, id);
      if (tenant === undefined) throw tenantNotFound(id);
      return viewTenantDetail(tenant, runUrl);
    },

    async list(query: ListQuery) {
      const ids = await pageOfIds(db, query);
      const tenants = await inOneSnapshot(db, (tx) =>
        tx.tenant.findMany({
          where: { id: { in: ids.slice(0, query.limit) } },
          include: LAST_OPERATIONS,
        }),
      );
      const place = new Map(ids.map((id, at) => [id, at]));
      tenants.sort((one, other) => (place.get(one.id) ?? 0) - (place.get(other.id) ?? 0));
      const last = tenants.at(-1);
      return {
        items: tenants.map((tenant) => viewTenant(tenant, runUrl)),
        nextCursor:
          ids.length > query.limit && last !== undefined
            ? encodeCursor([query.prefix === undefined ? last.createdAt.toISOString() : last.name, last.id])
            : null,
      };
    },

    /** Everything that was ever asked for, adoptions too, newest first. @throws Problem `tenant-unknown` */
    async operations(tenantId: string, { limit, cursor }: OperationQuery) {
      if ((await db.tenant.count({ where: { id: tenantId } })) === 0) throw tenantNotFound(tenantId);
      const place = cursor === undefined ? undefined : decodeCursor(timePlace, cursor);
      const rows = await db.tenantOperation.findMany({
        where: { tenantId, ...(place === undefined ? {} : olderThan(place)) },
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        take: limit + 1,
      });
      return {
        items: rows.slice(0, limit).map((row) => viewOperation(row, runUrl)),
        nextCursor: cursorAfter(rows, limit, (row) => row.createdAt),
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
      const traceparents = await traceparentsOf(db, items);
      return {
        items: items.map((row) => viewLogRow(row, traceparents.get(row.operationId))),
        nextCursor: rows.length > limit ? encodeCursor([items.at(-1)?.seq ?? after]) : null,
      };
    },
  };
}

const olderThan = ([time, id]: [string, string]) => ({
  OR: [{ createdAt: { lt: time } }, { createdAt: time, id: { lt: id } }],
});

/** Those of the operations that these rows are of. */
async function traceparentsOf(
  db: PrismaClient,
  rows: readonly TenantProvisionLog[],
): Promise<ReadonlyMap<string | null, string | null>> {
  const ids = new Set(rows.flatMap(({ operationId }) => operationId ?? []));
  const operations = await db.tenantOperation.findMany({
    where: { id: { in: [...ids] } },
    select: { id: true, traceparent: true },
  });
  return new Map(operations.map(({ id, traceparent }) => [id, traceparent]));
}
