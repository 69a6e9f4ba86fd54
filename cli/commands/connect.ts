import { hostname, userInfo } from 'node:os';
import { assertMigrated, createMasterClient, createSecretStore, readSecretKeys, recordTenantEvent, type PrismaClient, type SecretStore } from '@freeflow/db-master';
import { connectionsOf, type ConnectedTenant, type Connections, type SecretValues } from '../connections';
import { EXIT, Failure } from '../failure';
import { explained } from '../master-failures';
import { readSettings } from '../settings';
import { isTenantId } from '../tenant-id';

/**
 * Reads how a tenant's application connects, secrets resolved, and records who did in the tenant's log.
 * @param tenant name or id
 * @throws Failure when there is no such tenant, or the master database can't be read
 */
export async function connect(tenant: string, backend: string | undefined, env: NodeJS.ProcessEnv): Promise<Connections> {
  const settings = readSettings(['MASTER_DATABASE_URL', 'SECRETS_KEY', 'KEYCLOAK_URL'], env);
  return read({ tenant, backend }, settings, env['SECRETS_OLD_KEYS']).catch((error: unknown) => {
    throw explained(error);
  });
}

interface Asked {
  tenant: string;
  backend: string | undefined;
}

function only(all: Connections, { tenant, backend }: Asked): Connections {
  if (backend === undefined) return all;
  const one = all[backend];
  if (one === undefined) throw new Failure(EXIT.refused, `${tenant} has no connection to ${backend}.`, `It has: ${Object.keys(all).join(', ') || 'none'}.`);
  return { [backend]: one };
}

/** Who sits at this machine, as far as it knows. */
function reader(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    // A container may run under a number that has no name.
    return `${process.getuid?.() ?? 'unknown'}@${hostname()}`;
  }
}

async function read(asked: Asked, settings: Record<'MASTER_DATABASE_URL' | 'SECRETS_KEY' | 'KEYCLOAK_URL', string>, oldKeys: string | undefined): Promise<Connections> {
  const keys = readSecretKeys(settings.SECRETS_KEY, oldKeys);
  // Prisma tells less of what is wrong with a server, a login or a database than this does.
  await assertMigrated(settings.MASTER_DATABASE_URL);
  const db = createMasterClient(settings.MASTER_DATABASE_URL, { maxConnections: 2, applicationName: 'freeflow-connect' });
  try {
    const found = await find(db, asked.tenant);
    const connections = only(connectionsOf(found, await resolved(createSecretStore(db, keys), found.id), settings.KEYCLOAK_URL.replace(/\/$/, '')), asked);
    // Before anybody sees them: what can't be written down isn't shown.
    await recordTenantEvent(db, found.id, 'connect', `connection strings of ${Object.keys(connections).join(', ')} read by ${reader()}`);
    return connections;
  } finally {
    await db.$disconnect();
  }
}

async function find(db: PrismaClient, tenant: string): Promise<ConnectedTenant> {
  const where = isTenantId(tenant) ? { id: tenant } : { name: tenant, goneAt: null };
  const found = await db.tenant.findFirst({ where, include: { connections: { orderBy: { service: 'asc' } } } });
  if (found === null) throw new Failure(EXIT.refused, `There is no tenant ${tenant}.`, 'See what there is with: tenants list');
  if (found.status !== 'active') throw new Failure(EXIT.refused, `${found.name} is ${found.status}, not active: there is nothing to connect to.`, `See why with: tenants show ${found.id}`);
  return found;
}

async function resolved(store: SecretStore, tenantId: string): Promise<SecretValues> {
  const entries = await store.list(tenantId);
  return new Map(await Promise.all(entries.map(async ({ backend, name, ref }) => [`${backend}/${name}`, await store.resolve(ref, { tenantId, backend, name })] as const)));
}
