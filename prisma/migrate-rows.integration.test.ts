import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { newTestDatabase, query, type TestDatabase } from '../test/support/migrated-database';
import { applyMigrations } from './apply-migrations';
import { ensureDatabase } from './ensure-database';
import { withMasterSession } from './master-session';
import { MIGRATIONS_DIR } from './migration-files';

/** Rows as an older version has written them, and what a migration makes of them. */
let database: TestDatabase;
let olderDir: string;

beforeEach(() => {
  database = newTestDatabase();
  olderDir = mkdtempSync(path.join(tmpdir(), 'freeflow-migrations-'));
});
afterEach(async () => {
  rmSync(olderDir, { recursive: true });
  await database.drop();
});

/** Brings the database to where it was before a migration. */
async function migrateUpTo(migration: string): Promise<void> {
  const names = readdirSync(MIGRATIONS_DIR);
  expect(names).toContain(migration);
  for (const name of names.filter((it) => it < migration || it.endsWith('.toml')))
    cpSync(path.join(MIGRATIONS_DIR, name), path.join(olderDir, name), { recursive: true });
  // Without the rights of the roles: those are of today's tables.
  await ensureDatabase(database.url);
  await withMasterSession(database.url, (session) => applyMigrations(database.url, session, olderDir));
}

async function insertTenant(name: string): Promise<string> {
  const id = randomUUID();
  await query(
    database.url,
    `INSERT INTO "Tenant" (id, name, "realmName", "postgresDb", "mongoDb", "qdrantCollection") VALUES ($1, $2, $2, $2, $2, $2)`,
    [id, name],
  );
  return id;
}

describe('a backend was called a resource, and what is parked was prose', () => {
  const MIGRATION = '20261127120000_backend_and_parked';

  it('adoptions and drops of orphans keep what they are about', async () => {
    await migrateUpTo(MIGRATION);
    const tenantId = await insertTenant('acme');
    await query(
      database.url,
      `INSERT INTO "TenantOperation" (id, "tenantId", kind, resource, "requestedBy") VALUES (gen_random_uuid(), $1, 'adopt', 'qdrant', 'admin')`,
      [tenantId],
    );
    await query(
      database.url,
      `INSERT INTO "OrphanDrop" (id, resource, name, "externalId", "requestedBy") VALUES (gen_random_uuid(), 'mongodb', 'freeflow_acme', 'x', 'admin')`,
    );
    await database.migrate();
    expect(
      await query(
        database.url,
        `SELECT backend::text FROM "TenantOperation" UNION ALL SELECT backend::text FROM "OrphanDrop" ORDER BY 1`,
      ),
    ).toEqual([{ backend: 'mongodb' }, { backend: 'qdrant' }]);
  });

  it('the findings of reports that are kept name their backend, in the order in which they were; one without any stays empty', async () => {
    await migrateUpTo(MIGRATION);
    const findings = [
      { class: 'orphan', resource: 'postgres', name: 'freeflow_b', what: 'the ledger has no record of it' },
      { class: 'stale', resource: null, name: 'acme', what: 'create was never started' },
      { class: 'missing', resource: 'keycloak', name: 'freeflow-a', what: 'there is no freeflow-a' },
    ];
    const insertReport = (its: unknown, endedAt: string) =>
      query(
        database.url,
        `INSERT INTO "ReconcileReport" (id, "requestedBy", fix, counts, findings, "startedAt", "endedAt") VALUES (gen_random_uuid(), 'schedule', false, '{}', $1, $2, $2)`,
        [JSON.stringify(its), endedAt],
      );
    await insertReport(findings, '2026-11-01');
    await insertReport([], '2026-11-02');
    await database.migrate();
    expect(await query(database.url, 'SELECT findings FROM "ReconcileReport" ORDER BY "endedAt"')).toEqual([
      { findings: findings.map(({ resource, ...its }) => ({ ...its, backend: resource })) },
      { findings: [] },
    ]);
  });

  it('what is parked is data at once; what was parked and has ended, or was never parked, is not', async () => {
    await migrateUpTo(MIGRATION);
    const insertOperation = async (name: string, state: string, step: string | null, endedAt: string | null) =>
      query(
        database.url,
        `INSERT INTO "TenantOperation" (id, "tenantId", kind, state, step, cause, "requestedBy", "endedAt", "updatedAt") VALUES (gen_random_uuid(), $1, 'create', $2::"OperationState", $3, 'Qdrant is away', 'admin', $4, '2026-11-01T12:00:00.5Z')`,
        [await insertTenant(name), state, step, endedAt],
      );
    await insertOperation('parked', 'parked', 'qdrant.create', null);
    await insertOperation('running', 'running', 'qdrant.create', null);
    await insertOperation('ended', 'rolled_back', 'qdrant.create', '2026-11-01');
    await insertOperation('nowhere', 'parked', null, null);
    await database.migrate();
    expect(
      await query(
        database.url,
        'SELECT t.name, o.parked FROM "TenantOperation" o JOIN "Tenant" t ON t.id = o."tenantId" ORDER BY 1',
      ),
    ).toEqual([
      { name: 'ended', parked: null },
      { name: 'nowhere', parked: null },
      {
        name: 'parked',
        parked: [
          { step: 'qdrant.create', parkId: 1, cause: 'Qdrant is away', advice: '', since: '2026-11-01T12:00:00.500Z' },
        ],
      },
      { name: 'running', parked: null },
    ]);
  });
});

it('each tenant has the outcome of its last operation, adoptions aside, and has not changed by that', async () => {
  await migrateUpTo('20261127140000_flat_lists');
  const insertOperation = (tenantId: string, kind: string, state: string, endedAt: string | null) =>
    query(
      database.url,
      `INSERT INTO "TenantOperation" (id, "tenantId", kind, backend, state, step, "requestedBy", "endedAt") VALUES (gen_random_uuid(), $1, $2::"OperationKind", $3::"BackendKind", $4::"OperationState", $5, 'admin', $6)`,
      [
        tenantId,
        kind,
        kind === 'adopt' ? 'qdrant' : null,
        state,
        state === 'done' || endedAt === null ? null : 'begin',
        endedAt,
      ],
    );
  const [acme, globex, initech] = [
    await insertTenant('acme'),
    await insertTenant('globex'),
    await insertTenant('initech'),
  ];
  await insertOperation(acme, 'create', 'done', '2026-11-01');
  await insertOperation(acme, 'suspend', 'refused', '2026-11-03');
  await insertOperation(acme, 'adopt', 'done', '2026-11-04');
  await insertOperation(acme, 'resume', 'requested', null);
  await insertOperation(globex, 'suspend', 'refused', '2026-11-02');
  await insertOperation(globex, 'resume', 'done', '2026-11-03');
  await insertOperation(initech, 'create', 'requested', null);
  const times = () => query(database.url, 'SELECT "updatedAt" FROM "Tenant" ORDER BY name');
  const before = await times();
  await database.migrate();
  expect(await query(database.url, 'SELECT name, outcome, "outcomeStep" FROM "Tenant" ORDER BY name')).toEqual([
    { name: 'acme', outcome: 'refused', outcomeStep: 'begin' },
    { name: 'globex', outcome: 'done', outcomeStep: null },
    { name: 'initech', outcome: null, outcomeStep: null },
  ]);
  expect(await times()).toEqual(before);
});

it('a hold that had no reason goes on, and a tenant has no labels and no protection until they are set', async () => {
  await migrateUpTo('20261128000000_identity_and_protection');
  const id = await insertTenant('acme');
  await query(database.url, `UPDATE "Tenant" SET "holdUntil" = '2999-01-01' WHERE id = $1`, [id]);
  const read = (columns: string) => query(database.url, `SELECT "holdUntil", "updatedAt"${columns} FROM "Tenant"`);
  const [before] = await read('');
  await database.migrate();
  expect(await read(', "holdReason", labels, "deletionProtected"')).toEqual([
    { ...before, holdReason: null, labels: {}, deletionProtected: false },
  ]);
});
