import { hasConnection } from '@freeflow/contract';
import type { Plan } from '@freeflow/contract/plans';
import { Prisma, type PrismaClient, type TenantResource } from '@freeflow/db-master';
import { storable } from '@freeflow/lib/scrub';
import {
  skipAnnouncement,
  type AbsenceProof,
  type AccessState,
  type Backend,
  type Connection,
  type Created,
  type LimitState,
  type Target,
} from '../backends/backend';
import { BackendFault } from '../backends/failures';
import type { AnnouncedCall } from './backend-call';
import { updateConnection, upsertConnection } from './connection-details';
import { otherVersions } from './credentials';
import type { Installation } from './installation';
import { updateEntry, updateFenced, writeFenced } from './lock-fence';
import { type Claim, claimPooled } from './pool/claim';
import type { Held } from './tenant-lock';

/** A call with an effect: to which server, and of which verb. */
export interface IntendedCall {
  serverId: string;
  /** Left out for what changes neither that the resource is there nor that it isn't. */
  verb?: 'create' | 'drop';
  /** Whether it is one call, with the one effect of its verb. */
  isOneCall?: boolean;
  /** The access that it takes away, as it was: kept with its announcement, until an `enable` is done. */
  accessBefore?: AccessState;
  /** The limits that it changes, as they were: kept likewise, until the change of plan has ended. */
  limitsBefore?: LimitState;
}

/** A resource that a tenant is about to get, by the name that its row has for it. */
export type IntendedResource = Pick<TenantResource, 'tenantId' | 'kind' | 'name'>;

/** What follows `SET` where no call can have an effect any more. */
const NOTHING_UNANSWERED = Prisma.sql`"callStartedAt" = NULL, "callEffect" = NULL`;

/**
 * The ledger of intent: what may exist outside, written before it is created and kept after it is gone. All methods
 * take effect once however often they are repeated. Those that take a lock throw `lock-lost` once it isn't held any
 * more, and write nothing.
 */
export class Ledger {
  constructor(
    private readonly db: PrismaClient,
    private readonly installation: Installation,
  ) {}

  /**
   * Records a resource that is about to be created, with a new nonce; where it is recorded meanwhile, that entry is the
   * one.
   * @param claim what blank resource it may be made of: where the pool has one, it is claimed with its nonce
   */
  async intend(resource: IntendedResource, claim?: Claim): Promise<TenantResource> {
    const { tenantId, kind } = resource;
    if (claim !== undefined) await claimPooled(this.db, resource, claim);
    const [recorded] = await this.db.tenantResource.createManyAndReturn({
      data: [{ ...resource, nonce: await this.installation.newNonce() }],
      skipDuplicates: true,
    });
    return recorded ?? this.db.tenantResource.findUniqueOrThrow({ where: { tenantId_kind: { tenantId, kind } } });
  }

  /**
   * Records that a call with an effect goes out to this server; until its intent is cleared, absence isn't believed at
   * once. Once a drop has begun, what is there without a nonce was written meanwhile. What the call does is on record
   * only where no other can have done the same: no call is unanswered, and none of its verb was made before.
   * @returns when it began, by the clock of the master database: workers' clocks differ, and jump
   */
  async recordCallStart(
    { id }: TenantResource,
    held: Held,
    { serverId, verb, isOneCall = false, accessBefore, limitsBefore }: IntendedCall,
  ): Promise<AnnouncedCall> {
    const isDrop = verb === 'drop';
    const effect = isOneCall ? (verb ?? null) : null;
    const before = accessBefore === undefined ? null : JSON.stringify(accessBefore);
    const limits = limitsBefore === undefined ? null : JSON.stringify(limitsBefore);
    const set = Prisma.sql`"callStartedAt" = clock_timestamp(), "serverId" = ${serverId},
               "accessBefore" = coalesce(${before}::jsonb, "accessBefore"),
               "limitsBefore" = coalesce("limitsBefore", ${limits}::jsonb),
               "callEffect" = CASE WHEN "callStartedAt" IS NULL AND CASE WHEN ${isDrop} THEN "dropStartedAt" IS NULL ELSE "serverId" IS NULL END
                                   THEN ${effect}::text END,
               "dropStartedAt" = CASE WHEN ${isDrop} THEN coalesce("dropStartedAt", clock_timestamp()) ELSE "dropStartedAt" END`;
    return updateFenced(this.db, id, held, set, Prisma.sql`"callStartedAt" AS at, fence."earlierCall" AS earlier`);
  }

  /**
   * Clears this call's intent. Compare-and-set on `callStartedAt`: restores what the row had before the call (an older
   * call may still be unanswered, also one that came after its reader had looked) and leaves a newer holder's call
   * alone. What the older one does is not known again: what is seen from now on may be this one's effect.
   */
  async clearCallIntent({ id }: Pick<TenantResource, 'id'>, { at, earlier }: AnnouncedCall): Promise<void> {
    await this.db.$executeRaw`
      UPDATE "TenantResource" SET "callStartedAt" = ${earlier}::timestamptz, "callEffect" = NULL
       WHERE id = ${id}::uuid AND "callStartedAt" = ${at}::timestamptz`;
  }

  /**
   * Records that the one unanswered call has had its one effect, and so is over. Compare-and-set: without effect where
   * another call went out meanwhile.
   */
  async recordEffectSeen<E extends TenantResource>(entry: E): Promise<E> {
    const over = { callStartedAt: null, callEffect: null };
    const { id, callStartedAt, callEffect } = entry;
    const { count } = await this.db.tenantResource.updateMany({ where: { id, callStartedAt, callEffect }, data: over });
    return count === 1 ? { ...entry, ...over } : entry;
  }

  /**
   * Records that the resource is present. An earlier unanswered call stays on record: it could still undo what comes
   * next.
   */
  recordPresent(
    entry: TenantResource,
    held: Held,
    { externalId, connection }: Created,
    secretRef: string,
  ): Promise<void> {
    const present = Prisma.sql`state = 'present', "externalId" = ${externalId ?? null}, "formerName" = NULL`;
    const changes = hasConnection(entry.kind)
      ? [updateEntry(entry.id, present), upsertConnection(entry, secretRef, connection)]
      : [updateEntry(entry.id, Prisma.sql`${present}, "secretRef" = ${secretRef}`)];
    return writeFenced(this.db, entry.id, held, changes);
  }

  /** Records how the tenant connects by the present settings. */
  async refreshConnection(entry: TenantResource, held: Held, connection: Connection): Promise<void> {
    if (hasConnection(entry.kind)) await writeFenced(this.db, entry.id, held, [updateConnection(entry, connection)]);
  }

  /** Records that access is cut, and that no earlier call can restore it any more. */
  async recordCut({ id }: TenantResource, held: Held): Promise<void> {
    await updateFenced(this.db, id, held, Prisma.sql`state = 'disabled', ${NOTHING_UNANSWERED}`);
  }

  /** Records that what a change has set stays: no earlier call can reverse it any more. */
  async recordSettled({ id }: TenantResource, held: Held): Promise<void> {
    await updateFenced(this.db, id, held, NOTHING_UNANSWERED);
  }

  /**
   * Records that access is restored, how the tenant connects by the present settings, and that no earlier call can cut
   * it any more.
   */
  async recordRestored(entry: TenantResource, held: Held, connection: Connection): Promise<void> {
    const restored = Prisma.sql`state = 'present', ${NOTHING_UNANSWERED}, "accessBefore" = NULL`;
    const refreshed = hasConnection(entry.kind) ? [updateConnection(entry, connection)] : [];
    await writeFenced(this.db, entry.id, held, [updateEntry(entry.id, restored), ...refreshed]);
  }

  /** Records that a credential of this version is about to be made, which no other one has ever had. */
  async intendCredential({ id }: TenantResource, held: Held, version: number): Promise<void> {
    const set = Prisma.sql`"nextCredential" = ${version}::int, "nextUsername" = NULL, "lastCredential" = ${version}::int`;
    await updateFenced(this.db, id, held, set);
  }

  /** Records that it is valid, and what its login is called; no earlier call can end it any more. */
  async recordIssued({ id }: TenantResource, held: Held, username: string | undefined): Promise<void> {
    await updateFenced(this.db, id, held, Prisma.sql`"nextUsername" = ${username ?? null}, ${NOTHING_UNANSWERED}`);
  }

  /** Records that there is none, and that no earlier call can make it any more. */
  async recordWithdrawn({ id }: TenantResource, held: Held): Promise<void> {
    await updateFenced(
      this.db,
      id,
      held,
      Prisma.sql`"nextCredential" = NULL, "nextUsername" = NULL, ${NOTHING_UNANSWERED}`,
    );
  }

  /** Records that a credential before the present one is ended. */
  async recordRetired({ id }: TenantResource, held: Held, version: number): Promise<void> {
    await updateFenced(
      this.db,
      id,
      held,
      Prisma.sql`retiring = array_remove(retiring, ${version}::int), ${NOTHING_UNANSWERED},
        "overlapUntil" = CASE WHEN cardinality(array_remove(retiring, ${version}::int)) > 0 THEN "overlapUntil" END,
        "retireAfter" = CASE WHEN cardinality(array_remove(retiring, ${version}::int)) > 0 THEN "retireAfter" END`,
    );
  }

  /**
   * Records another id or server of the resource, and with the operation what it was before: both or neither.
   * Throws when the entry has changed, or the operation has ended.
   */
  async recordAdoption(
    entry: TenantResource,
    now: { externalId: string | null; serverId: string },
    { operationId, evidence }: { operationId: string; evidence: Prisma.InputJsonObject },
  ): Promise<void> {
    const { id, state, externalId, serverId } = entry;
    await this.db.$transaction([
      this.db.tenantResource.update({ where: { id, state, externalId, serverId }, data: now }),
      this.db.tenantOperation.update({
        where: { id: operationId, endedAt: null },
        data: { evidence: storable(evidence) },
      }),
    ]);
  }

  /** Records that the resource is gone, and how that was verified. */
  async recordAbsent(
    { id }: TenantResource,
    held: Held,
    { found, checks }: { found: string; checks: AbsenceProof[] },
  ): Promise<void> {
    const evidence = JSON.stringify(storable({ found, checks: checks.map((it) => ({ ...it })) }));
    const set = Prisma.sql`state = 'absent', ${NOTHING_UNANSWERED}, "formerName" = NULL,
      evidence = ${evidence}::jsonb || jsonb_build_object('seenAt', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))`;
    await updateFenced(this.db, id, held, set);
  }
}

/**
 * Refuses to conclude anything from another server than the recorded one: there, everything looks absent.
 * @returns the id of the server that answers
 * @throws BackendFault `unknown-server`
 */
export async function assertRecordedServer(backend: Backend, entry: TenantResource): Promise<string> {
  const serverId = await backend.serverId();
  if (entry.serverId !== null && entry.serverId !== serverId) {
    throw new BackendFault(
      'unknown-server',
      `${backend.kind}: this is ${serverId}, but ${entry.name} was created on ${entry.serverId}`,
    );
  }
  return serverId;
}

/** The target that a ledger entry stands for. @param plan that of its tenant, where its limits are of interest */
export function targetOf(entry: TenantResource, tenantName: string, signal: AbortSignal, plan?: Plan): Target {
  const { tenantId, name, nonce, externalId, formerName, credential } = entry;
  return {
    tenantId,
    tenantName,
    name,
    nonce,
    credential,
    otherCredentials: otherVersions(entry),
    signal,
    announceCall: skipAnnouncement,
    ...(externalId === null ? {} : { externalId }),
    ...(formerName === null ? {} : { formerName }),
    ...(plan === undefined ? {} : { plan }),
  };
}
