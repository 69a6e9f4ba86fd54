import { createMasterClient, createSecretStore } from '@freeflow/db-master';
import { readSecretKeys } from '@freeflow/lib/secrets';
import type { Client } from '@temporalio/client';
import { createActivities } from '../activities';
import { TenantLock } from '../activities/tenant-lock';
import type { Backend } from '../backends/backend';
import { KeycloakBackend } from '../backends/keycloak/adapter';
import { MongoBackend } from '../backends/mongodb/adapter';
import { PostgresBackend } from '../backends/postgres/adapter';
import { QdrantBackend } from '../backends/qdrant/adapter';
import type { WorkerConfig } from './config';
import { openRunFinder, openRunsFinder, operationStarter } from './namespace';

/** The backends a worker provisions, one row each. */
export function createBackends(config: WorkerConfig): Backend[] {
  return [
    new PostgresBackend(
      new URL(config.POSTGRES_ADMIN_URL),
      { connectionsMax: config.POSTGRES_TENANT_CONNECTIONS, sessionsMax: config.POSTGRES_SESSIONS },
      config.POSTGRES_TENANT_URL,
    ),
    new MongoBackend(config.MONGODB_ADMIN_URL, config.MONGODB_TENANT_URL),
    new QdrantBackend(
      new URL(config.QDRANT_URL),
      config.QDRANT_API_KEY,
      { size: config.QDRANT_VECTOR_SIZE, distance: config.QDRANT_DISTANCE },
      config.QDRANT_TENANT_URL,
    ),
    new KeycloakBackend({
      baseUrl: config.KEYCLOAK_URL.replace(/\/+$/, ''),
      realm: config.KEYCLOAK_REALM,
      clientId: config.KEYCLOAK_CLIENT_ID,
      clientSecret: config.KEYCLOAK_CLIENT_SECRET,
    }),
  ];
}

/**
 * The activities with everything they need, and how to let go of it again.
 * @param searchAttributes the names that workflows may set; all, when left out
 */
export function createDependencies(
  config: WorkerConfig,
  client: Client,
  backends = createBackends(config),
  searchAttributes?: readonly string[],
) {
  const db = createMasterClient(config.MASTER_DATABASE_URL, {
    applicationName: 'freeflow-worker',
    maxConnections: config.MASTER_DATABASE_POOL,
  });
  const lock = new TenantLock(config.MASTER_DATABASE_URL);
  const activities = createActivities({
    db,
    secrets: createSecretStore(db, readSecretKeys(config.SECRETS_KEY, config.SECRETS_OLD_KEYS)),
    lock,
    backends,
    settleMarginMs: config.SETTLE_MARGIN_MS,
    settings: {
      patienceMs: config.STEP_PATIENCE_MS,
      parkedRetryMs: config.PARKED_RETRY_MS,
      parkedCreateMs: config.PARKED_CREATE_MS,
      retentionMs: config.RETENTION_MS,
      searchAttributes,
      eventsPerRun: config.EVENTS_PER_RUN,
    },
    startOperation: operationStarter(client, config.TASK_QUEUE),
    hasOpenRun: openRunFinder(client),
    findOpenRuns: openRunsFinder(client),
  });
  const close = async () => {
    await Promise.allSettled([...backends.map((it) => it.close()), lock.close(), db.$disconnect()]);
  };
  return { activities, close };
}
