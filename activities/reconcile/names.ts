import { tenantNameOf, tenantNames } from '@freeflow/contract';
import { type Prisma, type PrismaClient } from '@freeflow/db-master';
import type { Finding } from './finding';
import type { Progress } from './progress';

/** Those most likely to have left something, each time. */
const RECENT = 500;
const RECENT_MS = 7 * 24 * 3_600_000;
/** Of all others so many each time, one portion after the other: at one reconciliation an hour 4,800 a day. */
const PORTION = 200;
/** Where the portion of the next reconciliation begins. */
const TURN = 'names/keycloak';

const WITHOUT_REALM = {
  resources: { none: { kind: 'keycloak', state: { in: ['present', 'disabled', 'intended'] } } },
} satisfies Prisma.TenantWhereInput;

/**
 * The realms to ask for, where all can't be listed: of those tenants that have none by the ledger and are gone since not long ago,
 * or new; of a portion of all others; and of what was found elsewhere, or by the last reconciliation.
 */
export async function realmsToAskFor(db: PrismaClient, progress: Progress, now: Date): Promise<string[]> {
  const select = { id: true, realmName: true } as const;
  const gone = await db.tenant.findMany({
    where: { ...WITHOUT_REALM, goneAt: { gte: new Date(now.getTime() - RECENT_MS) } },
    select,
    orderBy: { goneAt: 'desc' },
    take: RECENT,
  });
  const living = await db.tenant.findMany({
    where: { ...WITHOUT_REALM, goneAt: null },
    select,
    orderBy: { createdAt: 'desc' },
    take: RECENT,
  });
  const after = progress.goesOnAt(TURN);
  const portion = await db.tenant.findMany({
    where: { ...WITHOUT_REALM, ...(after === null ? {} : { id: { gt: after } }) },
    select,
    orderBy: { id: 'asc' },
    take: PORTION,
  });
  progress.continueAt(TURN, portion.length < PORTION ? FIRST : (portion.at(-1)?.id ?? FIRST));
  const known = progress.orphans.flatMap((name) => tenantNameOf(name) ?? []).map((it) => tenantNames(it).realmName);
  return [
    ...new Set([...gone, ...living, ...portion].map((it) => it.realmName).concat(known, await orphansOfLastReport(db))),
  ].sort();
}

const FIRST = '00000000-0000-0000-0000-000000000000';

/** What was seen once is in every report until it is gone. */
async function orphansOfLastReport(db: PrismaClient): Promise<string[]> {
  const last = await db.reconcileReport.findFirst({ orderBy: { endedAt: 'desc' }, select: { findings: true } });
  const findings = (last?.findings ?? []) as unknown as Finding[];
  return findings.flatMap((it) =>
    it.backend === 'keycloak' && it.class === 'orphan' && it.name !== null ? [it.name] : [],
  );
}
