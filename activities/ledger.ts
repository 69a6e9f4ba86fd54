import { BACKENDS, hasConnection, type BackendKind } from '@freeflow/contract';
import { masterNow, Prisma, type PrismaClient, type TenantResource } from '@freeflow/db-master';
import {
  skipAnnouncement,
  type AbsenceProof,
  type AccessState,
  type Backend,
  type Connection,
  type Created,
  type Target,
} from '../backends/backend';
import { BackendFault } from '../backends/failures';
import { storable } from '../backends/scrub';
import { detailsOf, refreshConnection } from './connection-details';
import type { Installation } from './installation';
import { fenced } from './lock-fence';
import type { Held } from './tenant-lock';

/**
 * The ledger of intent: what may exist outside, written before it is made and kept after it is gone.
 * All methods take effect once however often they are repeated. Those that are given a lock throw `lock-lost` where it isn't
 * held any more, and write nothing.
 */
export class Ledger {
  constructor(
    private readonly db: PrismaClient,
    private readonly installation: Installation,
  ) {}

  find(tenantId: string, kind: BackendKind): Promise<TenantResource | null> {
    return this.db.tenantResource.findUnique({ where: { tenantId_kind: { tenantId, kind } } });
  }

  /** Says what is about to be made, with a new nonce, unless that has been said before. */
  async intend(tenantId: string, kind: BackendKind): Promise<TenantResource> {
    const known = await this.find(tenantId, kind);
    if (known) return known;
    const tenant = await this.db.tenant.findUniqueOrThrow({ where: { id: tenantId } });
    await this.db.tenantResource.createMany({
      data: [{ tenantId, kind, name: tenant[BACKENDS[kind].nameColumn], nonce: await this.installation.newNonce() }],
      skipDuplicates: true,
    });
    return this.db.tenantResource.findUniqueOrThrow({ where: { tenantId_kind: { tenantId, kind } } });
  }

  /**
   * Says that a call with an effect goes out to this server; until `answered`, absence isn't believed at once.
   * @returns when it began, by the clock of the master database: workers' clocks differ, and jump
   */
  callStarts({ id }: TenantResource, held: Held, serverId: string): Promise<Date> {
    return fenced(this.db, id, held, async (tx) => {
      const [row] = await tx.$queryRaw<{ at: Date }[]>`
        UPDATE "TenantResource" SET "callStartedAt" = clock_timestamp(), "serverId" = ${serverId} WHERE id = ${id}::uuid
        RETURNING "callStartedAt" AS at`;
      if (row === undefined) throw new Error(`the ledger has no entry ${id}`);
      return row.at;
    });
  }

  /**
   * Says that the call that began then was answered. An earlier one, which `entry` still knows of, may be without an answer all
   * the same; a later one, of whoever holds the lock by now, isn't ours to speak of.
   */
  async answered({ id, callStartedAt }: TenantResource, startedAt: Date): Promise<void> {
    await this.db.tenantResource.updateMany({ where: { id, callStartedAt: startedAt }, data: { callStartedAt } });
  }

  /** For how long an earlier call has been without an answer, in ms; nothing where there is none. */
  async unansweredForMs({ callStartedAt }: TenantResource): Promise<number | undefined> {
    if (callStartedAt === null) return undefined;
    return (await masterNow(this.db)).getTime() - callStartedAt.getTime();
  }

  /** Says that it is there. An earlier call without an answer stays on record: it could still undo what comes next. */
  present({ id, tenantId, kind, name }: TenantResource, held: Held, made: Created, secretRef: string): Promise<void> {
    return fenced(this.db, id, held, async (tx) => {
      await tx.tenantResource.update({
        where: { id },
        data: { state: 'present', externalId: made.externalId ?? null, ...(hasConnection(kind) ? {} : { secretRef }) },
      });
      if (!hasConnection(kind)) return;
      const connection = { dbName: name, secretRef, ...detailsOf(made.connection) };
      await tx.tenantConnection.upsert({
        where: { tenantId_service: { tenantId, service: kind } },
        create: { tenantId, service: kind, ...connection },
        update: connection,
      });
    });
  }

  /** Keeps what a `disable` is about to take away, until its `enable` is done. */
  async keepAccess({ id }: TenantResource, held: Held, accessBefore: AccessState): Promise<void> {
    await fenced(this.db, id, held, (tx) => tx.tenantResource.update({ where: { id }, data: { accessBefore } }));
  }

  /** Records how the tenant connects by the present settings. */
  async refreshConnection(entry: TenantResource, held: Held, connection: Connection): Promise<void> {
    await fenced(this.db, entry.id, held, (tx) => refreshConnection(tx, entry, connection));
  }

  /** Says that access has been cut or given back, and that no earlier call can change it any more. */
  async reached({ id }: TenantResource, held: Held, state: 'present' | 'disabled'): Promise<void> {
    const data = { state, callStartedAt: null, ...(state === 'present' ? { accessBefore: Prisma.DbNull } : {}) };
    await fenced(this.db, id, held, (tx) => tx.tenantResource.update({ where: { id }, data }));
  }

  /** Says that its erasure begins: what stands there unmarked from now on is what was written meanwhile. */
  async dropStarts({ id }: TenantResource, held: Held): Promise<void> {
    await fenced(
      this.db,
      id,
      held,
      (tx) =>
        tx.$executeRaw`UPDATE "TenantResource" SET "dropStartedAt" = coalesce("dropStartedAt", clock_timestamp()) WHERE id = ${id}::uuid`,
    );
  }

  /**
   * Says that it has another id, or is on another server, and keeps with the operation what it was before: both or neither.
   * Throws when the entry isn't what it was, or the operation has ended.
   */
  async adopted(
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

  /** Says that it is gone, and how that was seen. */
  async absent(
    { id }: TenantResource,
    held: Held,
    { found, checks }: { found: string; checks: AbsenceProof[] },
  ): Promise<void> {
    await fenced(this.db, id, held, async (tx) => {
      const evidence = storable({
        found,
        checks: checks.map((it) => ({ ...it })),
        seenAt: (await masterNow(tx)).toISOString(),
      });
      await tx.tenantResource.update({ where: { id }, data: { state: 'absent', callStartedAt: null, evidence } });
    });
  }
}

/**
 * Refuses to conclude anything from another server than the one the ledger names: there, everything looks absent.
 * @throws BackendFault `unknown-server`
 */
export async function knownServer(backend: Backend, entry: TenantResource): Promise<string> {
  const serverId = await backend.serverId();
  if (entry.serverId !== null && entry.serverId !== serverId) {
    throw new BackendFault(
      'unknown-server',
      `${backend.kind}: this is ${serverId}, but ${entry.name} was made on ${entry.serverId}`,
    );
  }
  return serverId;
}

/** What the backend is told about a ledger entry. */
export function targetOf(entry: TenantResource, tenantName: string, signal: AbortSignal): Target {
  const { tenantId, name, nonce, externalId } = entry;
  return {
    tenantId,
    tenantName,
    name,
    nonce,
    signal,
    announceCall: skipAnnouncement,
    ...(externalId === null ? {} : { externalId }),
  };
}
