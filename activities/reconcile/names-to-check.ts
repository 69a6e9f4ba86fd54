import { BACKENDS, tenantNameOf, tenantNames, type BackendKind } from '@freeflow/contract';
import type { Finding } from '@freeflow/contract/http';
import { type Prisma, type PrismaClient } from '@freeflow/db-master';
import type { Progress } from './progress';

/** The tenants most likely to have left something: checked each time. */
const RECENT = 500;
const RECENT_MS = 7 * 24 * 3_600_000;
/** Of all others so many each time, one portion after the other: at one reconciliation an hour 4,800 a day. */
const PORTION = 200;

/** Below every id: a portion that begins here is the first. */
const FIRST = '00000000-0000-0000-0000-000000000000';

/**
 * The names to check for orphans at a backend that can't list its resources: those of tenants that have none there by the ledger
 * and are gone since not long ago, or new; of a portion of all others; and of orphans found elsewhere, or by the last reconciliation.
 * @param now by the master database's clock
 */
export async function namesToCheck(
  db: PrismaClient,
  progress: Progress,
  kind: BackendKind,
  now: Date,
): Promise<string[]> {
  const { nameColumn } = BACKENDS[kind];
  const withoutResource = {
    resources: { none: { kind, state: { in: ['present', 'disabled', 'intended'] } } },
  } satisfies Prisma.TenantWhereInput;
  const gone = await db.tenant.findMany({
    where: { ...withoutResource, goneAt: { gte: new Date(now.getTime() - RECENT_MS) } },
    orderBy: { goneAt: 'desc' },
    take: RECENT,
  });
  const living = await db.tenant.findMany({
    where: { ...withoutResource, goneAt: null },
    orderBy: { createdAt: 'desc' },
    take: RECENT,
  });
  const turn = `names/${kind}`;
  const after = progress.goesOnAt(turn);
  const portion = await db.tenant.findMany({
    where: { ...withoutResource, ...(after === null ? {} : { id: { gt: after } }) },
    orderBy: { id: 'asc' },
    take: PORTION,
  });
  progress.continueAt(turn, portion.length < PORTION ? FIRST : (portion.at(-1)?.id ?? FIRST));
  const ofTenants = [...gone, ...living, ...portion].map((it) => it[nameColumn]);
  const ofOrphansElsewhere = progress.orphans
    .flatMap((it) => tenantNameOf(it) ?? [])
    .map((it) => tenantNames(it)[nameColumn]);
  return [...new Set([...ofTenants, ...ofOrphansElsewhere, ...(await orphansOfLastReport(db, kind))])].sort();
}

/** An orphan that was seen once is in every report until it is gone. */
async function orphansOfLastReport(db: PrismaClient, kind: BackendKind): Promise<string[]> {
  const last = await db.reconcileReport.findFirst({ orderBy: { endedAt: 'desc' }, select: { findings: true } });
  const findings = (last?.findings ?? []) as unknown as Finding[];
  return findings.flatMap((it) => (it.backend === kind && it.class === 'orphan' && it.name !== null ? [it.name] : []));
}
