import { createMasterClient } from '@freeflow/db-master';
import { createSecretStore, readSecretKeys } from '@freeflow/lib/secrets';
import type { TestInstallation } from '../support/installation';
import type { Tenant } from '../support/tenants';
import { reachKeycloak, type KeycloakReach } from './keycloak-reach';
import { reachMongo, type MongoReach } from './mongodb-reach';
import { reachPostgres, type PostgresReach } from './postgres-reach';
import { reachQdrant, type QdrantReach } from './qdrant-reach';

/** A tenant with all it holds: what its applications get from the secret store, logged in everywhere. */
export interface TenantSession {
  id: string;
  name: string;
  postgres: PostgresReach;
  mongodb: MongoReach;
  qdrant: QdrantReach;
  keycloak: KeycloakReach;
  /** Of the platform, where tenants must not get in. */
  apiUrl: string;
  masterDatabase: string;
  close(): Promise<void>;
}

/** Reads a tenant's secrets as an application of the platform does, and logs in with each. */
export async function openTenantSession(
  installation: TestInstallation,
  { id, name, status }: Tenant,
): Promise<TenantSession> {
  if (status !== 'active') throw new Error(`${name} is ${status}`);
  const secret = await secretsOf(installation, id);
  const [postgres, mongodb, keycloak] = await Promise.all([
    reachPostgres(installation.info, name, secret('postgres/password')),
    reachMongo(installation.info, name, secret('mongodb/password')),
    reachKeycloak(installation.info, name, secret('keycloak/client-secret'), secret('keycloak/admin-password')),
  ]);
  const qdrant = reachQdrant(installation.info, name, secret('qdrant/token'));
  const close = async () => void (await Promise.allSettled([postgres.close(), mongodb.close()]));
  return {
    id,
    name,
    postgres,
    mongodb,
    qdrant,
    keycloak,
    apiUrl: installation.apiUrl,
    masterDatabase: new URL(installation.masterUrl).pathname.slice(1),
    close,
  };
}

async function secretsOf(installation: TestInstallation, tenantId: string): Promise<(name: string) => string> {
  const db = createMasterClient(installation.workerMasterUrl, { maxConnections: 1 });
  try {
    const store = createSecretStore(db, readSecretKeys(installation.info.secretsKey));
    const entries = await Promise.all(
      (await store.list(tenantId)).map(
        async ({ backend, name, ref }) =>
          [`${backend}/${name}`, await store.resolve(ref, { tenantId, backend, name })] as const,
      ),
    );
    const secrets = new Map<string, string>(entries);
    return (name) => {
      const secret = secrets.get(name);
      if (secret === undefined) throw new Error(`the store has no secret ${name} of ${tenantId}`);
      return secret;
    };
  } finally {
    await db.$disconnect();
  }
}
