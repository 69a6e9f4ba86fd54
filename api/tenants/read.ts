import type { ListQuery, LogQuery } from '@freeflow/contract/http';
import type { PrismaClient, TenantProvisionLog } from '@freeflow/db-master';
import { decodeCursor, encodeCursor, logPlace } from './cursor';
import { findDetail } from './detail-row';
import { pageOfIds } from './page';
import { tenantNotFound } from './refusals';
import { inOneSnapshot } from './snapshot';
import { LAST_OPERATIONS, viewLogRow, viewTenant, viewTenantDetail, type RunUrl } from './view';

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
      const traceparents = await traceparentsOf(db, items);
      return {
        items: items.map((row) => viewLogRow(row, traceparents.get(row.operationId))),
        nextCursor: rows.length > limit ? encodeCursor([items.at(-1)?.seq ?? after]) : null,
      };
    },
  };
}

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
