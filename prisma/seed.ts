import { BACKENDS, tenantNames } from '@freeflow/contract';
import { ConnectionService, type Prisma, type PrismaClient } from './generated/client';

/** Where one service of a tenant answers. */
interface SeedServer {
  readonly host: string;
  readonly port: number;
  readonly username: string | null;
}

/** A tenant to register and its servers. */
export interface Seed {
  readonly name: string;
  /** Those that the tenant has a connection to. */
  readonly servers: Readonly<Partial<Record<ConnectionService, SeedServer>>>;
}

/** `left-alone`: a tenant of that name was really provisioned, or is about to be. */
export type SeedOutcome = 'registered' | 'updated' | 'left-alone';

/** Any fixed number; makes seeds of the same database take turns. */
const LOCK_KEY = 7_303_901_468;

/**
 * Registers a tenant that exists outside already: its row (active) and its connections. Creates nothing at any backend.
 */
export async function seedTenant(db: PrismaClient, seed: Seed): Promise<SeedOutcome> {
  return db.$transaction(async (tx) => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(${LOCK_KEY})`;
    const existing = await findLive(tx, seed.name);
    if (existing?.isProvisioned) return 'left-alone';
    const id =
      existing?.id ??
      (await tx.tenant.create({ data: { name: seed.name, ...tenantNames(seed.name), status: 'active' } })).id;
    await tx.tenant.updateMany({
      where: { id, status: { not: 'active' } },
      data: { status: 'active', purgeAt: null },
    });
    for (const row of connectionRows(id, seed)) await upsertConnection(tx, row);
    return existing ? 'updated' : 'registered';
  });
}

async function findLive(
  tx: Prisma.TransactionClient,
  name: string,
): Promise<{ id: string; isProvisioned: boolean } | undefined> {
  // A tenant just requested has an operation and no ledger yet: it is about to be provisioned.
  const tenant = await tx.tenant.findFirst({
    where: { name, goneAt: null },
    select: { id: true, _count: { select: { resources: true, operations: true } } },
  });
  return tenant ? { id: tenant.id, isProvisioned: tenant._count.resources + tenant._count.operations > 0 } : undefined;
}

function connectionRows(tenantId: string, { name, servers }: Seed): Prisma.TenantConnectionUncheckedCreateInput[] {
  const names = tenantNames(name);
  return Object.values(ConnectionService).flatMap((service) => {
    const server = servers[service];
    const dbName = names[BACKENDS[service].nameColumn];
    return server === undefined ? [] : [{ tenantId, service, dbName, ...server, secretRef: null }];
  });
}

async function upsertConnection(
  tx: Prisma.TransactionClient,
  row: Prisma.TenantConnectionUncheckedCreateInput,
): Promise<void> {
  const { tenantId, service } = row;
  await tx.tenantConnection.upsert({ where: { tenantId_service: { tenantId, service } }, create: row, update: row });
}
