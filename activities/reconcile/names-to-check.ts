import { BACKENDS, tenantNameOf, tenantNames, type BackendKind } from '@freeflow/contract';
import type { Finding } from '@freeflow/contract/http';
import { type Prisma, type PrismaClient } from '@freeflow/db-master';
import type { Progress } from './progress';

/** The tenants most likely to have left something: checked each time. */
const RECENT = 500;
const RECENT_MS = 7 * 24 * 3_600_000;
/**
 * Of all others so many are looked at each time, one portion after the other, and so many names of them are checked.
 */
const PORTION = 2_000;
const NAMES_OF_PORTION = 200;

/** Below every id: a portion that begins here is the first. */
const FIRST = '00000000-0000-0000-0000-000000000000';

/**
 * The names to check for orphans at a backend that can't list its resources: those of tenants that have none there by
 * the ledger and are gone since not long ago, or new; of a portion of all others; of orphans found elsewhere, or by the
 * last reconciliation; and of what was abandoned before its claim of the pool had ended. Who has none is seen among so
 * many that were read: to look for so many that have none would be to look at all.
 * @param now by the master database's clock
 */
export async function namesToCheck(
  db: PrismaClient,
  progress: Progress,
  kind: BackendKind,
  now: Date,
): Promise<string[]> {
  const { nameColumn } = BACKENDS[kind];
  const withResource = {
    resources: { where: { kind, state: { in: ['present', 'disabled', 'intended'] } }, select: { id: true } },
  } satisfies Prisma.TenantInclude;
  const gone = await db.tenant.findMany({
    where: { goneAt: { gte: new Date(now.getTime() - RECENT_MS) } },
    orderBy: { goneAt: 'desc' },
    take: RECENT,
    include: withResource,
  });
  const living = await db.tenant.findMany({
    where: { goneAt: null },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: RECENT,
    include: withResource,
  });
  const turn = `names/${kind}`;
  const after = progress.goesOnAt(turn);
  const portion = await db.tenant.findMany({
    where: after === null ? {} : { id: { gt: after } },
    orderBy: { id: 'asc' },
    take: PORTION,
    include: withResource,
  });
  const others = portion.filter(hasNone).slice(0, NAMES_OF_PORTION);
  const last =
    others.length === NAMES_OF_PORTION ? others.at(-1) : portion.length === PORTION ? portion.at(-1) : undefined;
  progress.continueAt(turn, last?.id ?? FIRST);
  const ofTenants = [...gone.filter(hasNone), ...living.filter(hasNone), ...others].map((it) => it[nameColumn]);
  const ofOrphansElsewhere = progress.orphans
    .flatMap((it) => tenantNameOf(it) ?? [])
    .map((it) => tenantNames(it)[nameColumn]);
  const ofLastReport = await orphansOfLastReport(db, kind);
  return [
    ...new Set([...ofTenants, ...ofOrphansElsewhere, ...ofLastReport, ...(await abandonedClaims(db, kind))]),
  ].sort();
}

const hasNone = ({ resources }: { resources: readonly unknown[] }): boolean => resources.length === 0;

/** An orphan that was seen once is in every report until it is gone. */
async function orphansOfLastReport(db: PrismaClient, kind: BackendKind): Promise<string[]> {
  const last = await db.reconcileReport.findFirst({ orderBy: { endedAt: 'desc' }, select: { findings: true } });
  const findings = (last?.findings ?? []) as unknown as Finding[];
  return findings.flatMap((it) => (it.backend === kind && it.class === 'orphan' && it.name !== null ? [it.name] : []));
}

/**
 * They may still have the name that they had in the pool: what was skipped, and what a build without a pool took for
 * absent.
 */
async function abandonedClaims(db: PrismaClient, kind: BackendKind): Promise<string[]> {
  const rows = await db.tenantResource.findMany({
    where: { kind, state: { in: ['abandoned', 'absent'] }, formerName: { not: null } },
    orderBy: { updatedAt: 'desc' },
    take: RECENT,
    select: { formerName: true },
  });
  return rows.flatMap(({ formerName }) => formerName ?? []);
}
