import {
  FINDING_CLASSES,
  type BackendKind,
  type DisabledReason,
  type FindingClass,
  type OperationKind,
} from '@freeflow/contract';
import type { FLEET_TENANT_STATES, OPEN_STATES } from '@freeflow/contract';
import { inOneSnapshot, type Prisma, type PrismaClient } from '@freeflow/db-master';
import { overdueMsOf } from '../tenants/stuck';
import { overduePurges, overdueRetirements, unstartedOperations } from '../tenants/stuck-rows';

/** What is so in the master database, for people who watch; ages by its own clock. */
export interface Facts {
  open: { kind: OperationKind; state: (typeof OPEN_STATES)[number]; count: number; ageS: number }[];
  parked: { step: string; count: number; ageS: number }[];
  withoutRun: number;
  overduePurges: number;
  overdueRetirements: number;
  /** The last report of the reconciler, as Unix time; 0 where there is none. */
  report: { at: number; findings: { class: FindingClass; count: number }[] };
  pool: { backend: BackendKind; count: number }[];
  /** Tenants near a limit of their plan. */
  near: { plan: string; backend: BackendKind; percent: '80' | '100'; count: number }[];
  /** The upgrade of the fleet that has not ended. */
  fleet: {
    upgrade: 'running' | 'paused' | 'cancelled';
    state: (typeof FLEET_TENANT_STATES)[number] | null;
    count: number;
  }[];
  webhooks: { undeliveredAgeS: number; disabled: { reason: DisabledReason; count: number }[] };
  /** How old the oldest is that is kept. */
  records: { records: 'audit' | 'events'; ageS: number }[];
}

/** Reads all of it by one connection, in one snapshot; each statement reads what is open, due, or last, by an index. */
export const readFacts = (db: PrismaClient, sweepIntervalMs: number): Promise<Facts> =>
  inOneSnapshot(db, async (tx) => ({
    open: await readOpen(tx),
    parked: await readParked(tx),
    withoutRun: (await unstartedOperations(tx, 1)).total,
    overduePurges: (await overduePurges(tx, 1, overdueMsOf(sweepIntervalMs))).total,
    overdueRetirements: (await overdueRetirements(tx, 1, overdueMsOf(sweepIntervalMs))).total,
    report: await readReport(tx),
    pool: await readPool(tx),
    near: await readNear(tx),
    fleet: await readFleet(tx),
    webhooks: { undeliveredAgeS: await readUndelivered(tx), disabled: await readDisabled(tx) },
    records: await readOldest(tx),
  }));

const readOpen = (tx: Prisma.TransactionClient): Promise<Facts['open']> => tx.$queryRaw`
  SELECT kind::text AS kind, state::text AS state, count(*)::int AS count,
         extract(epoch FROM clock_timestamp() - min("createdAt"))::float8 AS "ageS"
    FROM "TenantOperation" WHERE "endedAt" IS NULL GROUP BY kind, state`;

const readParked = (tx: Prisma.TransactionClient): Promise<Facts['parked']> => tx.$queryRaw`
  SELECT p.step, count(*)::int AS count, extract(epoch FROM clock_timestamp() - min(p.since))::float8 AS "ageS"
    FROM "TenantOperation" o, jsonb_to_recordset(o.parked) AS p(step text, since timestamptz)
   WHERE o."endedAt" IS NULL AND o.state = 'parked' GROUP BY p.step`;

async function readReport(tx: Prisma.TransactionClient): Promise<Facts['report']> {
  const last = await tx.reconcileReport.findFirst({
    orderBy: { endedAt: 'desc' },
    select: { endedAt: true, counts: true },
  });
  if (last === null) return { at: 0, findings: [] };
  const counts = last.counts as Partial<Record<FindingClass, number>>;
  return {
    at: last.endedAt.getTime() / 1_000,
    findings: FINDING_CLASSES.map((its) => ({ class: its, count: counts[its] ?? 0 })),
  };
}

const readPool = (tx: Prisma.TransactionClient): Promise<Facts['pool']> => tx.$queryRaw`
  SELECT kind::text AS backend, count(*)::int AS count FROM "PooledResource" WHERE state = 'ready' GROUP BY kind`;

/** By the index of those that are near one. */
const readNear = (tx: Prisma.TransactionClient): Promise<Facts['near']> => tx.$queryRaw`
  SELECT coalesce(u.plan, 'none') AS plan, u.kind::text AS backend, level.percent::text AS percent, count(*)::int AS count
    FROM "TenantUsage" u JOIN "Tenant" t ON t.id = u."tenantId" AND t."goneAt" IS NULL CROSS JOIN (VALUES (80), (100)) level(percent)
   WHERE u.percent >= 80 AND u.percent >= level.percent GROUP BY 1, 2, 3`;

const readFleet = (tx: Prisma.TransactionClient): Promise<Facts['fleet']> => tx.$queryRaw`
  SELECT u.state AS upgrade, t.state, count(t.id)::int AS count
    FROM "FleetUpgrade" u LEFT JOIN "FleetTenant" t ON t."upgradeId" = u.id WHERE u."endedAt" IS NULL GROUP BY u.id, t.state`;

/** Of each webhook the first delivery that has not ended, and the first event that has no delivery yet. */
async function readUndelivered(tx: Prisma.TransactionClient): Promise<number> {
  const [oldest] = await tx.$queryRaw<[{ ageS: number }]>`
    SELECT coalesce(max(extract(epoch FROM clock_timestamp() - least(
             (SELECT d."eventAt" FROM "WebhookDelivery" d WHERE d."webhookId" = w.id AND d."endedAt" IS NULL AND d."eventId" IS NOT NULL
               ORDER BY d."eventId" LIMIT 1),
             (SELECT e."at" FROM "Event" e WHERE e.id > w."cursor" ORDER BY e.id LIMIT 1)))), 0)::float8 AS "ageS"
      FROM "Webhook" w WHERE w.state = 'enabled'`;
  return Math.max(0, oldest.ageS);
}

const readDisabled = (tx: Prisma.TransactionClient): Promise<Facts['webhooks']['disabled']> => tx.$queryRaw`
  SELECT "disabledReason" AS reason, count(*)::int AS count FROM "Webhook"
   WHERE state = 'disabled' AND "deletedAt" IS NULL GROUP BY 1`;

const readOldest = (tx: Prisma.TransactionClient): Promise<Facts['records']> => tx.$queryRaw`
  SELECT records, coalesce(extract(epoch FROM clock_timestamp() - "at"), 0)::float8 AS "ageS"
    FROM (SELECT 'audit' AS records, (SELECT "at" FROM "AuditEvent" ORDER BY "at" LIMIT 1) AS "at"
          UNION ALL SELECT 'events', (SELECT "at" FROM "Event" ORDER BY id LIMIT 1)) oldest`;
