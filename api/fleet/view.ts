import { FLEET_TENANT_STATES, storedLabels, type FleetBody, type FleetUpgradeBody } from '@freeflow/contract/http';
import { Prisma, type FleetTenant, type FleetUpgrade, type PrismaClient } from '@freeflow/db-master';
import { Problem } from '../errors';

const LISTED = 500;
/** In this order: where there are more, those that anything can be done about are left out last. */
const SHOWN_STATES = ['running', 'failed', 'left'] as const;
type Db = Pick<PrismaClient, 'fleetUpgrade' | 'fleetTenant' | '$queryRaw'>;

/** @throws Problem `fleet-upgrade-unknown` */
export async function readUpgrade(db: Db, id: string): Promise<FleetUpgradeBody> {
  const row = await db.fleetUpgrade.findUnique({ where: { id } });
  if (row === null) throw new Problem('fleet-upgrade-unknown', `No upgrade has the id ${id}.`);
  return viewUpgrade(db, row);
}

async function viewUpgrade(db: Db, row: FleetUpgrade): Promise<FleetUpgradeBody> {
  const { id, version, canary, concurrency, pauseOnFailures, state, reason, requestedBy } = row;
  const [counted, shown] = await Promise.all([
    db.fleetTenant.groupBy({ by: ['state'], where: { upgradeId: id }, _count: true }),
    Promise.all(
      SHOWN_STATES.map((it) =>
        db.fleetTenant.findMany({ where: { upgradeId: id, state: it }, orderBy: { position: 'asc' }, take: LISTED }),
      ),
    ),
  ]);
  const counts = Object.fromEntries(
    FLEET_TENANT_STATES.map((it) => [it, counted.find((one) => one.state === it)?._count ?? 0]),
  ) as FleetUpgradeBody['counts'];
  return {
    id,
    version,
    canary,
    concurrency,
    pauseOnFailures,
    only: Object.entries(storedLabels.parse(row.labels)).map(([key, value]) => `${key}:${value}`),
    state: state as FleetUpgradeBody['state'],
    reason,
    counts,
    requestedBy,
    createdAt: row.createdAt.toISOString(),
    endedAt: row.endedAt?.toISOString() ?? null,
    tenants: shown.flat().slice(0, LISTED).map(viewTenant),
  };
}

const viewTenant = ({ tenantId, tenantName, state, isCanary, cause, operationId, changedAt }: FleetTenant) => ({
  tenantId,
  name: tenantName,
  state: state as FleetUpgradeBody['tenants'][number]['state'],
  isCanary,
  cause,
  operationId,
  changedAt: changedAt.toISOString(),
});

/** A tenant that was provisioned, and is there: what upgrades are about. */
export const LIVING = Prisma.sql`t."goneAt" IS NULL AND t.status IN ('active', 'suspended', 'deleted')
  AND EXISTS (SELECT FROM "TenantResource" r WHERE r."tenantId" = t.id)`;

/** Who stands where, and what an upgrade would do. */
export async function readFleet(db: PrismaClient, labels: Readonly<Record<string, string>>): Promise<FleetBody> {
  const [published, last] = await Promise.all([
    db.blueprint.findMany({ select: { version: true, publishedAt: true }, orderBy: { version: 'desc' } }),
    db.fleetUpgrade.findFirst({ orderBy: { createdAt: 'desc' } }),
  ]);
  const [newest] = published;
  const rows = await db.$queryRaw<{ version: number | null; tenants: number; now: number }[]>`
    SELECT t."blueprintVersion" AS version, count(*)::int AS tenants,
           (count(*) FILTER (WHERE t.status = 'active' AND coalesce(t."holdUntil" <= now(), true)
             AND NOT EXISTS (SELECT FROM "TenantOperation" o WHERE o."tenantId" = t.id AND o."endedAt" IS NULL AND o.backend IS NULL)))::int AS now
      FROM "Tenant" t WHERE ${LIVING} AND t.labels @> ${JSON.stringify(labels)}::jsonb GROUP BY 1`;
  const of = (version: number | null) => rows.find((it) => it.version === version);
  const behind = newest === undefined ? [] : rows.filter((it) => it.version === null || it.version < newest.version);
  const now = behind.reduce((sum, it) => sum + it.now, 0);
  const none = of(null);
  return {
    version: newest?.version ?? null,
    versions: [
      ...published.map(({ version, publishedAt }) => ({
        version,
        publishedAt: publishedAt.toISOString(),
        tenants: of(version)?.tenants ?? 0,
      })),
      ...(none === undefined ? [] : [{ version: null, publishedAt: null, tenants: none.tenants }]),
    ],
    behind: { now, later: behind.reduce((sum, it) => sum + it.tenants, 0) - now },
    upgrade: last === null ? null : await viewUpgrade(db, last),
  };
}
