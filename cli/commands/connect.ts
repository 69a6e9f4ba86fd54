import { createMasterClient, createSecretStore, readSecretKeys, type PrismaClient, type SecretStore, type Tenant, type TenantConnection } from '@freeflow/db-master';
import { EXIT, Failure } from '../failure';
import { readSettings } from '../settings';

/** What a tenant's application connects by, one entry per backend. Holds secrets: for the eyes of whoever asked. */
export type Connections = Record<string, Record<string, string | number>>;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Reads how a tenant's application connects, secrets resolved.
 * @param tenant name or id
 * @throws Failure when there is no such tenant, or the master database can't be reached
 */
export async function connect(tenant: string, backend: string | undefined, env: NodeJS.ProcessEnv): Promise<Connections> {
  const settings = readSettings(['MASTER_DATABASE_URL', 'SECRETS_KEY', 'KEYCLOAK_URL'], env);
  const db = createMasterClient(settings.MASTER_DATABASE_URL, { maxConnections: 2, applicationName: 'freeflow-connect' });
  try {
    const found = await find(db, tenant);
    const secrets = await resolved(createSecretStore(db, readSecretKeys(settings.SECRETS_KEY, env['SECRETS_OLD_KEYS'])), found.id);
    const all = connectionsOf(found, found.connections, secrets, settings.KEYCLOAK_URL.replace(/\/$/, ''));
    if (backend === undefined) return all;
    const one = all[backend];
    if (one === undefined) throw new Failure(EXIT.refused, `${found.name} has no connection to ${backend}.`, `It has: ${Object.keys(all).join(', ') || 'none'}.`);
    return { [backend]: one };
  } finally {
    await db.$disconnect();
  }
}

type Found = Tenant & { connections: TenantConnection[] };

async function find(db: PrismaClient, tenant: string): Promise<Found> {
  const where = UUID.test(tenant) ? { id: tenant } : { name: tenant, goneAt: null };
  const found = await db.tenant.findFirst({ where, include: { connections: true } }).catch((error: unknown) => {
    throw new Failure(EXIT.unreachable, 'The master database does not answer.', 'Is it up? For the local stack: npm run stack:status', { cause: error });
  });
  if (found === null) throw new Failure(EXIT.refused, `There is no tenant ${tenant}.`, 'Look up its name with GET /tenants.');
  if (found.status !== 'active') throw new Failure(EXIT.refused, `${found.name} is ${found.status}, not active: there is nothing to connect to.`, `GET /tenants/${found.id} shows why.`);
  return found;
}

/** All secrets of a tenant, by `backend/name`. */
async function resolved(store: SecretStore, tenantId: string): Promise<Map<string, string>> {
  const entries = await store.list(tenantId);
  return new Map(await Promise.all(entries.map(async ({ backend, name, ref }) => [`${backend}/${name}`, await store.resolve(ref)] as const)));
}

function connectionsOf({ realmName }: Found, connections: TenantConnection[], secrets: Map<string, string>, keycloakUrl: string): Connections {
  const rows = connections.map((row) => [row.service, { host: row.host ?? '', port: row.port ?? 0, ...FORMS[row.service](row, secrets) }] as const);
  const clientSecret = secrets.get('keycloak/client-secret');
  const keycloak = {
    url: keycloakUrl,
    realm: realmName,
    issuer: `${keycloakUrl}/realms/${realmName}`,
    clientId: 'freeflow-app',
    clientSecret: clientSecret ?? '',
    adminConsole: `${keycloakUrl}/admin/${realmName}/console/`,
    adminUsername: 'admin',
    adminPassword: secrets.get('keycloak/admin-password') ?? '',
  };
  return { ...Object.fromEntries(rows), ...(clientSecret === undefined ? {} : { keycloak }) };
}

type Form = (row: TenantConnection, secrets: Map<string, string>) => Record<string, string>;

const login = (username: string, password: string) => `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;

/** How each service is written down: fields for programs, and a URL to paste. */
const FORMS: Record<TenantConnection['service'], Form> = {
  postgres: ({ host, port, username, dbName }, secrets) => {
    const [user, password] = [username ?? '', secrets.get('postgres/password') ?? ''];
    return { database: dbName, username: user, password, url: `postgresql://${login(user, password)}@${host ?? ''}:${port ?? 5432}/${dbName}` };
  },
  mongodb: ({ host, port, username, dbName }, secrets) => {
    const [user, password] = [username ?? '', secrets.get('mongodb/password') ?? ''];
    return { database: dbName, username: user, password, url: `mongodb://${login(user, password)}@${host ?? ''}:${port ?? 27_017}/${dbName}?authSource=${dbName}` };
  },
  qdrant: ({ host, port, dbName, options }, secrets) => {
    const isTls = typeof options === 'object' && options !== null && 'tls' in options && options['tls'] === 'true';
    return { collection: dbName, apiKey: secrets.get('qdrant/token') ?? '', url: `${isTls ? 'https' : 'http'}://${host ?? ''}:${port ?? 6333}` };
  },
};
