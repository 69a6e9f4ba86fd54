import { randomUUID } from 'node:crypto';
import type { BackendKind, Prisma, PrismaClient, TenantResource } from '@freeflow/db-master';
import type { Absence, Backend, Made, Target } from './backend';
import { BackendFault } from './failures';

/** Where the name of a tenant's thing stands on the tenant's row. */
const NAME_COLUMN = {
  postgres: 'postgresDb',
  mongodb: 'mongoDb',
  qdrant: 'qdrantCollection',
  keycloak: 'realmName',
} as const satisfies Record<BackendKind, string>;

/**
 * The ledger of intent: what may exist outside, written before it is made and kept after it is gone.
 * All methods take effect once however often they are repeated.
 */
export class Ledger {
  constructor(private readonly db: PrismaClient) {}

  find(tenantId: string, kind: BackendKind): Promise<TenantResource | null> {
    return this.db.tenantResource.findUnique({ where: { tenantId_kind: { tenantId, kind } } });
  }

  /** Says what is about to be made, with a new nonce, unless that has been said before. */
  async intend(tenantId: string, kind: BackendKind): Promise<TenantResource> {
    const known = await this.find(tenantId, kind);
    if (known) return known;
    const tenant = await this.db.tenant.findUniqueOrThrow({ where: { id: tenantId } });
    await this.db.tenantResource.createMany({
      data: [{ tenantId, kind, name: tenant[NAME_COLUMN[kind]], nonce: randomUUID() }],
      skipDuplicates: true,
    });
    return this.db.tenantResource.findUniqueOrThrow({ where: { tenantId_kind: { tenantId, kind } } });
  }

  /** Says that a call with an effect goes out to this server; until `answered`, absence isn't believed at once. */
  async callStarts(entry: TenantResource, serverId: string): Promise<void> {
    await this.db.$executeRaw`UPDATE "TenantResource" SET "callStartedAt" = clock_timestamp(), "serverId" = ${serverId}, "updatedAt" = now() WHERE id = ${entry.id}::uuid`;
  }

  /** How long ago the call began that nobody has answered, in ms by the master database's clock: that of a worker may have been set since. */
  async callAgeMs({ callStartedAt }: TenantResource): Promise<number> {
    if (callStartedAt === null) return Infinity;
    const [row] = await this.db.$queryRaw<{ ms: number }[]>`SELECT (extract(epoch FROM clock_timestamp() - ${callStartedAt}::timestamptz) * 1000)::float8 AS ms`;
    return row?.ms ?? 0;
  }

  /** Says that the call was answered. An earlier one, which `entry` still knows of, may be without an answer all the same. */
  async answered(entry: TenantResource): Promise<void> {
    await this.db.tenantResource.update({ where: { id: entry.id }, data: { callStartedAt: entry.callStartedAt } });
  }

  async present(entry: TenantResource, made: Made, secretRef: string): Promise<void> {
    const presence = this.db.tenantResource.update({
      where: { id: entry.id },
      data: { state: 'present', callStartedAt: null, externalId: made.externalId ?? null, ...(entry.kind === 'keycloak' ? { secretRef } : {}) },
    });
    if (entry.kind === 'keycloak') {
      await presence;
      return;
    }
    const { host = null, port = null, username = null, options = {} } = made.connection;
    const connection = { dbName: entry.name, host, port, username, options, secretRef };
    await this.db.$transaction([
      presence,
      this.db.tenantConnection.upsert({
        where: { tenantId_service: { tenantId: entry.tenantId, service: entry.kind } },
        create: { tenantId: entry.tenantId, service: entry.kind, ...connection },
        update: connection,
      }),
    ]);
  }

  /** Says that access has been cut or given back. */
  async reached(entry: TenantResource, state: 'present' | 'disabled'): Promise<void> {
    await this.db.tenantResource.update({ where: { id: entry.id }, data: { state, callStartedAt: null } });
  }

  /**
   * Says that it has another id, or is on another server, and keeps with the operation what it was before: both or neither.
   * Throws when the entry isn't what it was, or the operation has ended.
   */
  async adopted(entry: TenantResource, now: { externalId: string | null; serverId: string }, { operationId, evidence }: { operationId: string; evidence: Prisma.InputJsonObject }): Promise<void> {
    const { id, state, externalId, serverId } = entry;
    await this.db.$transaction([
      this.db.tenantResource.update({ where: { id, state, externalId, serverId }, data: now }),
      this.db.tenantOperation.update({ where: { id: operationId, endedAt: null }, data: { evidence } }),
    ]);
  }

  /** Says that it is gone, and how that was seen. */
  async absent(entry: TenantResource, { found, checks }: { found: string; checks: Absence[] }): Promise<void> {
    const evidence = { found, checks: checks.map((it) => ({ ...it })), seenAt: new Date().toISOString() };
    await this.db.tenantResource.update({ where: { id: entry.id }, data: { state: 'absent', callStartedAt: null, evidence } });
  }
}

/**
 * Refuses to conclude anything from another server than the one the ledger names: there, everything looks absent.
 * @throws BackendFault `unknown-server`
 */
export async function knownServer(backend: Backend, entry: TenantResource): Promise<string> {
  const serverId = await backend.serverId();
  if (entry.serverId !== null && entry.serverId !== serverId) {
    throw new BackendFault('unknown-server', `${backend.kind}: this is ${serverId}, but ${entry.name} was made on ${entry.serverId}`);
  }
  return serverId;
}

/** What the backend is told about a ledger entry. */
export function targetOf(entry: TenantResource, tenantName: string, signal: AbortSignal): Target {
  const { tenantId, name, nonce, externalId } = entry;
  return { tenantId, tenantName, name, nonce, signal, ...(externalId === null ? {} : { externalId }) };
}
