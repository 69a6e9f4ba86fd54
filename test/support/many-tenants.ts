import type { Client } from 'pg';

/** How many tenants a master database is filled with, and how many log rows each has. */
export interface Fill {
  tenants: number;
  logRows: number;
  /** How old the newest is. @default an hour */
  minutesAgo?: number;
}

/**
 * How often each kind of tenant is among all; so many at least, so that a page of a small database is as long as one of
 * a large one. All others are active.
 */
const SHARES = {
  gone: { share: 0.29, least: 200 },
  rolledBack: { share: 0.01, least: 60 },
  suspended: { share: 0.01, least: 60 },
  softDeleted: { share: 0.01, least: 60 },
  refused: { share: 0.005, least: 60 },
  incomplete: { share: 0.0005, least: 20 },
  parked: { share: 0.001, least: 100 },
  running: { share: 0, least: 5 },
  requested: { share: 0, least: 5 },
} as const;

/** Where each kind begins: prime, so that no two of them fall on the same tenants. */
const OFFSETS = [0, 3, 7, 13, 29, 53, 101, 211, 499];

/**
 * Fills a migrated master database with tenants, their operations, ledger, connections and log as they would stand
 * there after months, by SQL alone, a minute apart from each other; then has its statistics made. Nothing of it exists
 * at any backend.
 * @param owner a session of the owner of the database, who may do without triggers
 */
export async function fillWithTenants(owner: Client, { tenants, logRows, minutesAgo = 60 }: Fill): Promise<void> {
  // What was ended long ago is written as it would stand there, not changed now.
  await owner.query('SET session_replication_role = replica');
  await owner.query(planStatement(tenants, minutesAgo));
  for (const statement of [
    INSERT_TENANTS,
    ...INSERT_OPERATIONS,
    INSERT_RESOURCES,
    INSERT_CONNECTIONS,
    INSERT_SECRETS,
    INSERT_ANSWERS,
    INSERT_USAGE,
  ])
    await owner.query(statement);
  await owner.query(insertLogs(logRows));
  await owner.query(INSERT_REPORTS);
  await owner.query('DROP TABLE planned');
  await owner.query('SET session_replication_role = DEFAULT');
  await owner.query('VACUUM (ANALYZE)');
}

/**
 * Adds three operations of long ago to each tenant, with a row of the log each: two of them have been followed by
 * another, and one is the last of its kind.
 */
export async function fillWithOldOperations(owner: Client): Promise<void> {
  await owner.query('SET session_replication_role = replica');
  await owner.query(`
    INSERT INTO "TenantOperation" (id, "tenantId", kind, state, "fromStatus", "requestedBy", "createdAt", "endedAt")
    SELECT gen_random_uuid(), t.id, 'suspend', 'done', 'active', 'admin', ended.at - interval '1 minute', ended.at
      FROM "Tenant" t, generate_series(1, 3) n, LATERAL (SELECT t."createdAt" - n * interval '500 days' AS at) ended`);
  await owner.query(`
    INSERT INTO "TenantProvisionLog" (id, "tenantId", "operationId", step, status, seq, "createdAt")
    SELECT gen_random_uuid(), o."tenantId", o.id, 'begin', 'success', -(row_number() OVER ()), o."endedAt"
      FROM "TenantOperation" o WHERE o."endedAt" < now() - interval '300 days'`);
  await owner.query('SET session_replication_role = DEFAULT');
  await owner.query('VACUUM (ANALYZE)');
}

/** A share of the tenants, spread evenly over all. */
const isAmong = (tenants: number, { share, least }: { share: number; least: number }, offset: number): string => {
  const count = Math.ceil(Math.max(share * tenants, least));
  return `(i + ${offset}) * ${count}::bigint / ${tenants} > (i - 1 + ${offset}) * ${count}::bigint / ${tenants}`;
};

// The rarest first: where two fall on one tenant, the rarer has it.
const planStatement = (tenants: number, minutesAgo: number): string => `
  CREATE TEMP TABLE planned AS
  SELECT i, gen_random_uuid() AS id, 't' || lpad(i::text, 8, '0') AS name, now() - (${tenants} - i + ${minutesAgo}) * interval '1 minute' AS at,
         CASE ${Object.entries(SHARES)
           .map(([kind, share], at) => `WHEN ${isAmong(tenants, share, OFFSETS[at] ?? 0)} THEN '${kind}'`)
           .toReversed()
           .join(' ')} ELSE 'active' END AS kind
    FROM generate_series(1, ${tenants}) i`;

const GONE = `kind IN ('gone', 'rolledBack')`;
const OPEN = `kind IN ('parked', 'running', 'requested')`;

const INSERT_TENANTS = `
  INSERT INTO "Tenant" (id, name, "externalId", plan, labels, "realmName", "postgresDb", "mongoDb", "qdrantCollection", status, outcome, "outcomeStep", "goneAt", "purgeAt", "logSeq", "createdAt", "updatedAt")
  SELECT id, name, 'crm-' || name, CASE WHEN i % 3 = 0 THEN 'free' WHEN i % 101 = 0 THEN 'pro' WHEN i % 1009 = 0 THEN 'trial' END,
         CASE WHEN i % 8 = 0 THEN '{}' ELSE jsonb_build_object('tier', CASE WHEN i % 2 = 0 THEN 'free' ELSE 'paid' END, 'region', 'r' || i % 30, 'cohort', 'c' || i % greatest(1, count(*) OVER () / 100)) END, 'freeflow-' || name, 'freeflow_' || name, 'freeflow_' || name, 'freeflow_' || name || '_vectors',
         (CASE WHEN ${GONE} OR kind = 'softDeleted' THEN 'deleted' WHEN kind = 'suspended' THEN 'suspended' WHEN ${OPEN} THEN 'provisioning'
               WHEN kind = 'incomplete' THEN 'deleting' ELSE 'active' END)::"TenantStatus",
         (CASE WHEN ${OPEN} THEN NULL WHEN kind = 'rolledBack' THEN 'rolled_back' WHEN kind IN ('refused', 'incomplete') THEN kind ELSE 'done' END)::"OperationState",
         CASE kind WHEN 'rolledBack' THEN 'qdrant.create' WHEN 'refused' THEN 'begin' WHEN 'incomplete' THEN 'mongodb.drop' END,
         CASE WHEN ${GONE} THEN at + interval '30 minutes' END, CASE WHEN kind = 'softDeleted' THEN now() + (i % 30 + 1) * interval '1 day' END,
         1000, at, at + interval '30 minutes'
    FROM planned`;

// Few of them are near what their plan grants.
const INSERT_USAGE = `
  INSERT INTO "TenantUsage" ("tenantId", kind, measures, limits, levels, plan, percent)
  SELECT id, backend, '{"size":1000000}', '{"size":10000000}', '{}', 'free', CASE WHEN i % 500 = 0 THEN 85 ELSE 10 END
    FROM planned, unnest(enum_range(NULL::"BackendKind")) backend WHERE NOT (${GONE})`;

const INSERT_OPERATIONS = [
  `INSERT INTO "TenantOperation" (id, "tenantId", kind, state, step, cause, advice, parked, "requestedBy", "runId", runs, "sweepAt", "lastRunAt", "startedAt", "endedAt", "createdAt", "updatedAt")
   SELECT gen_random_uuid(), id, 'create',
          (CASE WHEN ${OPEN} THEN kind WHEN kind = 'rolledBack' THEN 'rolled_back' ELSE 'done' END)::"OperationState",
          CASE WHEN kind IN ('parked', 'rolledBack') THEN 'qdrant.create' END, CASE WHEN kind IN ('parked', 'rolledBack') THEN 'Qdrant is away' END,
          CASE WHEN kind IN ('parked', 'rolledBack') THEN 'Check the server.' END,
          CASE WHEN kind = 'parked' THEN jsonb_build_array(jsonb_build_object('step', 'qdrant.create', 'parkId', 1, 'cause', 'Qdrant is away', 'advice', 'Check the server.', 'since', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))) END,
          'admin', gen_random_uuid()::text, 1, now() + interval '1 hour', at, at, CASE WHEN NOT ${OPEN} THEN at + interval '1 minute' END, at, at + interval '1 minute'
     FROM planned`,
  `INSERT INTO "TenantOperation" (id, "tenantId", kind, state, step, cause, "requestedBy", "runId", runs, "sweepAt", "lastRunAt", "startedAt", "endedAt", "createdAt", "updatedAt")
   SELECT gen_random_uuid(), id,
          (CASE kind WHEN 'suspended' THEN 'suspend' WHEN 'softDeleted' THEN 'soft_delete' WHEN 'refused' THEN 'resume' ELSE 'hard_delete' END)::"OperationKind",
          (CASE WHEN kind IN ('refused', 'incomplete') THEN kind ELSE 'done' END)::"OperationState",
          CASE kind WHEN 'refused' THEN 'begin' WHEN 'incomplete' THEN 'mongodb.drop' END, CASE WHEN kind IN ('refused', 'incomplete') THEN 'so it was' END,
          'admin', gen_random_uuid()::text, 1, at + interval '29 minutes', at, at, at + interval '30 minutes', at + interval '29 minutes', at + interval '30 minutes'
     FROM planned WHERE kind IN ('suspended', 'softDeleted', 'refused', 'incomplete', 'gone')`,
];

// One in fifty has an overlap open, one in a hundred had a rotation in vain; what is cut off has one that is over.
const INSERT_RESOURCES = `
  INSERT INTO "TenantResource" (id, "tenantId", kind, name, state, nonce, "externalId", "serverId", "createdAt", "updatedAt",
                                credential, retiring, "overlapUntil", "rotationTriedAt")
  SELECT gen_random_uuid(), p.id, k, 'freeflow_' || p.name,
         (CASE WHEN ${GONE} THEN 'absent' WHEN p.kind IN ('suspended', 'softDeleted') THEN 'disabled' WHEN ${OPEN} THEN 'intended' ELSE 'present' END)::"ResourceState",
         gen_random_uuid(), i::text, k || '-server', at, at,
         CASE WHEN overlap.until IS NULL THEN 1 ELSE 2 END, CASE WHEN overlap.until IS NULL THEN '{}' ELSE '{1}' END::int[], overlap.until,
         CASE WHEN p.kind = 'active' AND i % 100 = 1 THEN now() - interval '1 hour' END
    FROM planned p, unnest(enum_range(NULL::"BackendKind")) k,
         LATERAL (SELECT CASE WHEN p.kind IN ('suspended', 'softDeleted') THEN now() - interval '1 day'
                              WHEN p.kind = 'active' AND i % 50 = 0 THEN now() + interval '1 day' END AS until) overlap`;

const INSERT_CONNECTIONS = `
  INSERT INTO "TenantConnection" (id, "tenantId", service, "dbName", host, port, username, "createdAt", "updatedAt")
  SELECT gen_random_uuid(), p.id, s, 'freeflow_' || p.name, 'localhost', 5432, p.name, at, at
    FROM planned p, unnest(enum_range(NULL::"ConnectionService")) s WHERE NOT ${GONE}`;

const INSERT_SECRETS = `
  INSERT INTO "TenantSecret" (id, "tenantId", backend, name, "keyId", "wrappedKey", ciphertext)
  SELECT gen_random_uuid(), p.id, k, 'password', '0123456789abcdef', decode(repeat('00', 60), 'hex'), decode(repeat('00', 60), 'hex')
    FROM planned p, unnest(enum_range(NULL::"BackendKind")) k WHERE NOT ${GONE}`;

const INSERT_ANSWERS = `
  INSERT INTO "OperationAnswer" (id, principal, "idempotencyKey", "bodyHash", "tenantId", "operationId", action, state)
  SELECT gen_random_uuid(), 'admin', gen_random_uuid()::text, 'hash', p.id, o.id, 'retry', 'given'
    FROM planned p JOIN "TenantOperation" o ON o."tenantId" = p.id AND o.kind = 'create' WHERE i % 10 = 0`;

const insertLogs = (rows: number): string => `
  INSERT INTO "TenantProvisionLog" (id, "tenantId", "operationId", step, status, message, "durationMs", seq, "activityKey", "createdAt")
  SELECT gen_random_uuid(), p.id, o.id, 'step' || seq % 12, 'success', 'done', 20, seq, o."runId" || '/' || seq, at + seq * interval '1 second'
    FROM planned p JOIN "TenantOperation" o ON o."tenantId" = p.id AND o.kind = 'create', generate_series(1, ${rows}) seq`;

const INSERT_REPORTS = `
  INSERT INTO "ReconcileReport" (id, "requestedBy", fix, counts, findings, "startedAt", "endedAt")
  SELECT gen_random_uuid(), 'schedule', false,
         '{"resources": 0, "orphan": 0, "missing": 0, "drifted": 0, "stale": 0, "unknown": 0, "fixed": 0, "notChecked": 0}', '[]',
         now() - n * interval '1 hour', now() - n * interval '1 hour' + interval '5 minutes'
    FROM generate_series(1, 200) n`;
