import { hostname, userInfo } from 'node:os';
import {
  assertMigrated,
  createMasterClient,
  createSecretStore,
  recordTenantEvent,
  type PrismaClient,
  type SecretStore,
} from '@freeflow/db-master';
import { httpUrl, VARIABLES } from '@freeflow/lib/config';
import { readSecretKeys } from '@freeflow/lib/secrets';
import { z } from 'zod';
import { BACKEND_VARIABLES } from '../../backends/registry';
import { connectionsOf, type ConnectedTenant, type Connections, hasRealm, type SecretValues } from '../connections';
import { EXIT, Failure } from '../failure';
import { explained } from '../master-failures';
import { type RealmAddress, readRealmAddress } from '../realm-address';
import { readOptions, readSettings } from '../settings';
import { isTenantId } from '../tenant-id';

const { MASTER_DATABASE_URL, SECRETS_KEY, SECRETS_OLD_KEYS } = VARIABLES;
const masterAndKeycloak = z.object({ MASTER_DATABASE_URL, SECRETS_KEY, KEYCLOAK_URL: BACKEND_VARIABLES.KEYCLOAK_URL });
const options = z.object({ SECRETS_OLD_KEYS, KEYCLOAK_TENANT_URL: httpUrl().optional() });

/**
 * Reads how a tenant's application connects, secrets resolved, and records who did in the tenant's log.
 * @param tenant name or id
 * @param warn is told what had to be left out
 * @throws Failure when there is no such tenant, or the master database can't be read
 */
export async function connect(
  tenant: string,
  backend: string | undefined,
  env: NodeJS.ProcessEnv,
  warn: (text: string) => void = (text) => {
    console.error(text);
  },
): Promise<Connections> {
  const settings = readSettings(masterAndKeycloak, env, ({ masterDatabase, secretsKey, keycloak }) => ({
    MASTER_DATABASE_URL: masterDatabase.workerUrl,
    SECRETS_KEY: secretsKey,
    KEYCLOAK_URL: keycloak.url,
  }));
  const { SECRETS_OLD_KEYS: oldKeys, KEYCLOAK_TENANT_URL: tenantUrl } = readOptions(options, env);
  const keycloakUrl = (tenantUrl ?? settings.KEYCLOAK_URL).replace(/\/+$/, '');
  return read({ tenant, backend, keycloakUrl, warn }, settings, oldKeys).catch((error: unknown) => {
    throw explained(error);
  });
}

interface Asked {
  tenant: string;
  backend: string | undefined;
  /** Where tenants find Keycloak. */
  keycloakUrl: string;
  warn: (text: string) => void;
}

function only(all: Connections, { tenant, backend }: Asked): Connections {
  if (backend === undefined) return all;
  const one = all[backend];
  if (one === undefined)
    throw new Failure(
      EXIT.refused,
      `${tenant} has no connection to ${backend}.`,
      `It has: ${Object.keys(all).join(', ') || 'none'}.`,
    );
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

async function read(
  asked: Asked,
  settings: Record<'MASTER_DATABASE_URL' | 'SECRETS_KEY', string>,
  oldKeys: string | undefined,
): Promise<Connections> {
  const keys = readSecretKeys(settings.SECRETS_KEY, oldKeys);
  // Prisma tells less of what is wrong with a server, a login or a database than this does.
  await assertMigrated(settings.MASTER_DATABASE_URL);
  const db = createMasterClient(settings.MASTER_DATABASE_URL, {
    maxConnections: 2,
    applicationName: 'freeflow-connect',
  });
  try {
    const found = await find(db, asked.tenant);
    const secrets = await resolved(createSecretStore(db, keys), found.id);
    const connections = only(
      connectionsOf(found, secrets, hasRealm(secrets) ? await realmOf(found, asked) : undefined),
      asked,
    );
    // Before anybody sees them: what can't be written down isn't shown.
    await recordTenantEvent(
      db,
      found.id,
      'connect',
      `connection strings of ${Object.keys(connections).join(', ')} read by ${reader()}`,
    );
    return connections;
  } finally {
    await db.$disconnect();
  }
}

/** Nothing where another backend was asked for. Keycloak away is no reason to keep the others from who asked for all; who asked for it alone is refused. */
async function realmOf(
  { realmName }: ConnectedTenant,
  { backend, keycloakUrl, warn }: Asked,
): Promise<RealmAddress | undefined> {
  if (backend !== undefined && backend !== 'keycloak') return undefined;
  try {
    return await readRealmAddress(keycloakUrl, realmName);
  } catch (error) {
    if (backend === 'keycloak' || !(error instanceof Failure)) throw error;
    warn(`${error.message} The issuer is left out. ${error.advice}`);
    return { url: keycloakUrl };
  }
}

const WAYS_BACK: Partial<Record<ConnectedTenant['status'], (name: string) => string>> = {
  suspended: (name) => `Give its access back with: tenants resume ${name}`,
  deleted: (name) => `It is kept until its purge; take it back with: tenants restore ${name}`,
};

async function find(db: PrismaClient, tenant: string): Promise<ConnectedTenant> {
  const where = isTenantId(tenant) ? { id: tenant } : { name: tenant, goneAt: null };
  const found = await db.tenant.findFirst({ where, include: { connections: { orderBy: { service: 'asc' } } } });
  if (found === null)
    throw new Failure(EXIT.refused, `There is no tenant ${tenant}.`, 'See what there is with: tenants list');
  if (found.status !== 'active') {
    const advice =
      (found.goneAt === null ? WAYS_BACK[found.status]?.(found.name) : undefined) ??
      `See why with: tenants show ${found.id}`;
    throw new Failure(
      EXIT.refused,
      `${found.name} is ${found.status}, not active: there is nothing to connect to.`,
      advice,
    );
  }
  return found;
}

async function resolved(store: SecretStore, tenantId: string): Promise<SecretValues> {
  const entries = await store.list(tenantId);
  return new Map(
    await Promise.all(
      entries.map(
        async ({ backend, name, ref }) =>
          [`${backend}/${name}`, await store.resolve(ref, { tenantId, backend, name })] as const,
      ),
    ),
  );
}
