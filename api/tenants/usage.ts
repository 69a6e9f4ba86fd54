import { MEASURED, percentOf, type Measure } from '@freeflow/contract';
import type { UsageBody, UsageListBody } from '@freeflow/contract/http';
import type { PrismaClient, TenantUsage } from '@freeflow/db-master';
import { tenantNotFound } from './refusals';

/** Reads how much tenants use, as it was measured last. */
export function usageReader(db: PrismaClient) {
  return {
    /** @throws Problem `tenant-unknown` */
    async get(id: string): Promise<UsageBody> {
      const tenant = await db.tenant.findUnique({
        where: { id },
        select: { id: true, name: true, plan: true, usage: { orderBy: { kind: 'asc' } } },
      });
      if (tenant === null) throw tenantNotFound(id);
      const { name, plan, usage } = tenant;
      return { id, name, plan, backends: usage.map(viewUsage) };
    },

    /** Those that use the most of a limit, by an index of what is near one. */
    async list({ least, limit }: { least: number; limit: number }): Promise<UsageListBody> {
      const rows = await db.$queryRaw<(TenantUsage & { name: string; percent: number })[]>`
        SELECT u.*, t.name FROM "TenantUsage" u JOIN "Tenant" t ON t.id = u."tenantId" AND t."goneAt" IS NULL
         WHERE u.percent >= 80 AND u.percent >= ${least}
         ORDER BY u.percent DESC, u."tenantId", u.kind LIMIT ${limit + 1}`;
      const items = rows.slice(0, limit).map((row) => ({
        id: row.tenantId,
        name: row.name,
        percent: row.percent,
        ...viewUsage(row),
      }));
      return { items, isComplete: rows.length <= limit };
    },
  };
}

function viewUsage({ kind, plan, measures, limits, measuredAt }: TenantUsage): UsageBody['backends'][number] {
  const [values, most] = [measures, limits] as [Partial<Record<Measure, number>>, Partial<Record<Measure, number>>];
  const known = Object.keys(MEASURED[kind]) as Measure[];
  return {
    backend: kind,
    plan,
    measuredAt: measuredAt.toISOString(),
    measures: known.flatMap((measure) => {
      const [value, limit = null] = [values[measure], most[measure]];
      const percent = value === undefined || limit === null ? null : percentOf(value, limit);
      return value === undefined ? [] : [{ measure, value, limit, percent }];
    }),
  };
}
