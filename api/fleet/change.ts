import { randomUUID } from 'node:crypto';
import { splitLabel, type FleetChange, type FleetUpgradeBody, type UpgradeBody } from '@freeflow/contract/http';
import { recordAudit, type FleetUpgrade, type Prisma, type PrismaClient } from '@freeflow/db-master';
import { doOnce } from '../do-once';
import { Problem } from '../errors';
import { sortLabels } from '../tenants/etag';
import { fingerprint, type Caller } from '../tenants/idempotency';
import { LIVING, readUpgrade } from './view';

export const labelsOf = (only: readonly string[]): Record<string, string> =>
  Object.fromEntries(only.map((it) => splitLabel(it)));

/**
 * Commits an upgrade with all tenants it is about; its run is started after that. The index of the open ones decides
 * who comes first.
 * @throws Problem `no-blueprint` | `fleet-upgrade-open` | `idempotency-key-reused`
 */
export async function acceptUpgrade(db: PrismaClient, body: UpgradeBody, caller: Caller): Promise<FleetUpgradeBody> {
  const action = 'fleet.upgrade';
  const labels = labelsOf(body.only);
  const bodyHash = fingerprint('POST /fleet/upgrades', { ...body, only: sortLabels(labels) });
  const { id } = await doOnce<{ id: string }>(db, caller, { action, bodyHash }, async (commit) => {
    const version = await chooseVersion(db, body.to);
    try {
      return await commit((tx) => insertUpgrade(tx, { ...body, version, labels }, caller));
    } catch (error) {
      if (isUniqueViolation(error)) throw new Problem('fleet-upgrade-open', 'Nothing was changed.', { cause: error });
      throw error;
    }
  });
  return readUpgrade(db, id);
}

async function chooseVersion(db: PrismaClient, to: number | undefined): Promise<number> {
  const found = await db.blueprint.findFirst({
    ...(to === undefined ? {} : { where: { version: to } }),
    orderBy: { version: 'desc' },
    select: { version: true },
  });
  if (found !== null) return found.version;
  throw new Problem('no-blueprint', to === undefined ? 'None was published.' : `Version ${to} was not published.`);
}

async function insertUpgrade(
  tx: Prisma.TransactionClient,
  {
    version,
    canary,
    concurrency,
    pauseOnFailures,
    labels,
    only,
  }: UpgradeBody & { version: number; labels: Record<string, string> },
  { principal, audit }: Caller,
): Promise<{ id: string }> {
  const id = randomUUID();
  await tx.fleetUpgrade.create({
    data: { id, version, canary, concurrency, pauseOnFailures, labels, requestedBy: principal },
  });
  await tx.$executeRaw`
    INSERT INTO "FleetTenant" ("upgradeId", "tenantId", "tenantName", position, "isCanary")
    SELECT ${id}::uuid, it.id, it.name, it.position, it.position <= ${canary} FROM (
      SELECT t.id, t.name, row_number() OVER (ORDER BY t.status <> 'active', t."createdAt", t.id)::int AS position
        FROM "Tenant" t WHERE ${LIVING} AND coalesce(t."blueprintVersion" < ${version}, true)
         AND t.labels @> ${JSON.stringify(labels)}::jsonb) it`;
  await recordAudit(tx, [audit.accepted({ detail: { upgradeId: id, version, only } })]);
  return { id };
}

const isUniqueViolation = (error: unknown): boolean => (error as { code?: string }).code === 'P2002';

/**
 * Changes an upgrade that is under way; its run sees that with its next look. What is at work goes on to its end.
 * `retry`: those that failed or were left wait for their turn again, also of one that has ended.
 * @throws Problem `fleet-upgrade-unknown` | `fleet-upgrade-ended` | `fleet-upgrade-open`
 */
export async function changeUpgrade(
  db: PrismaClient,
  id: string,
  change: FleetChange,
  { audit }: Pick<Caller, 'audit'>,
): Promise<FleetUpgradeBody> {
  try {
    await db.$transaction(async (tx) => {
      const [fleet] = await tx.$queryRaw<FleetUpgrade[]>`
        SELECT * FROM "FleetUpgrade" WHERE id = ${id}::uuid FOR UPDATE`;
      if (fleet === undefined) throw new Problem('fleet-upgrade-unknown', `No upgrade has the id ${id}.`);
      if (fleet.endedAt !== null && change !== 'retry')
        throw new Problem('fleet-upgrade-ended', `It is ${fleet.state}; nothing was changed.`);
      if (fleet.state === 'cancelled' && change !== 'cancel')
        throw new Problem('fleet-upgrade-ended', 'It is cancelled; nothing was changed.');
      await CHANGES[change](tx, fleet);
      await recordAudit(tx, [audit.accepted({ detail: { upgradeId: id } })]);
    });
  } catch (error) {
    if (isUniqueViolation(error)) throw new Problem('fleet-upgrade-open', 'Nothing was changed.', { cause: error });
    throw error;
  }
  return readUpgrade(db, id);
}

const BY_A_PERSON = 'by a person';

const CHANGES: Readonly<Record<FleetChange, (tx: Prisma.TransactionClient, fleet: FleetUpgrade) => Promise<unknown>>> =
  {
    pause: (tx, { id }) => set(tx, id, { state: 'paused', reason: BY_A_PERSON }),
    // What has failed until now pauses it no more.
    resume: async (tx, { id }) => {
      await tx.fleetTenant.updateMany({ where: { upgradeId: id, state: 'failed' }, data: { isForgiven: true } });
      return set(tx, id, { state: 'running', reason: null });
    },
    cancel: (tx, { id }) => set(tx, id, { state: 'cancelled', reason: null }),
    // An operation that goes on, parked or not, is followed again: another one could not begin beside it. What a person
    // has paused stays so until one resumes it: others would be taken up as well.
    retry: async (tx, { id, state, reason, endedAt }) => {
      await tx.$executeRaw`
        UPDATE "FleetTenant" f
           SET state = CASE WHEN EXISTS (SELECT FROM "TenantOperation" o WHERE o.id = f."operationId" AND o."endedAt" IS NULL) THEN 'running' ELSE 'waiting' END,
               "isParked" = false, "isForgiven" = false, cause = NULL, "putOff" = 0, "notBefore" = NULL, "changedAt" = clock_timestamp()
         WHERE f."upgradeId" = ${id}::uuid AND f.state IN ('failed', 'left')`;
      const isHeld = endedAt === null && state === 'paused' && reason === BY_A_PERSON;
      return isHeld ? undefined : set(tx, id, { state: 'running', reason: null, endedAt: null });
    },
  };

const set = (tx: Prisma.TransactionClient, id: string, data: Prisma.FleetUpgradeUpdateInput): Promise<unknown> =>
  tx.fleetUpgrade.update({ where: { id }, data });
