import { randomUUID } from 'node:crypto';
import { tenantNames } from '@freeflow/contract';
import { createMasterClient } from '@freeflow/db-master';
import { openApiBench, type ApiBench } from '../../test/support/api-bench';
import { seriesIn } from '../../test/support/metrics';
import { until } from '../../test/support/until';
import { insertWebhook } from '../../test/support/webhooks';
import { readFacts, type Facts } from './read-facts';

let bench: ApiBench;
beforeAll(async () => {
  bench = await openApiBench();
});
afterAll(() => bench.close());

const scrape = async () => seriesIn((await bench.request('GET', '/metrics', { token: null })).text);

interface Columns {
  kind: string;
  state: string;
  force?: boolean;
  backend?: string;
  parked?: object[];
}

/** A tenant with operations as the columns say, an hour and a half old. */
async function insert(name: string, ...operations: Columns[]): Promise<void> {
  const { realmName, postgresDb, mongoDb, qdrantCollection } = tenantNames(name);
  const id = randomUUID();
  await bench.owner.query(
    `INSERT INTO "Tenant" (id, name, "realmName", "postgresDb", "mongoDb", "qdrantCollection") VALUES ($1, $2, $3, $4, $5, $6)`,
    [id, name, realmName, postgresDb, mongoDb, qdrantCollection],
  );
  for (const { kind, state, force, backend, parked } of operations)
    await bench.owner.query(
      `INSERT INTO "TenantOperation" (id, "tenantId", kind, state, parked, force, backend, "requestedBy", "createdAt")
       VALUES (gen_random_uuid(), $1, $2::"OperationKind", $3::"OperationState", $4, $5, $6, 'test', now() - interval '90 minutes')`,
      [id, kind, state, parked === undefined ? null : JSON.stringify(parked), force ?? false, backend ?? null],
    );
}

/** What a client of its own reads, as often as it is asked. */
async function readNow(): Promise<Facts> {
  const db = createMasterClient(bench.master.apiUrl, { maxConnections: 1 });
  try {
    return await readFacts(db, 10_000);
  } finally {
    await db.$disconnect();
  }
}

const parkedAt = (step: string, minutesAgo: number) => ({
  step,
  parkId: 1,
  cause: 'secretname does not answer',
  advice: 'wait',
  since: new Date(Date.now() - minutesAgo * 60_000).toISOString(),
});

test('the facts of the master database are read at a scrape: what is open, parked, without a run, overdue, found and ready', async () => {
  await insert('secretname', {
    kind: 'create',
    state: 'parked',
    parked: [parkedAt('qdrant.create', 40), parkedAt('keycloak.create', 10)],
  });
  await insert('secrettwo', { kind: 'suspend', state: 'requested' });
  await insert('secretthree', { kind: 'resume', state: 'running' });
  await bench.owner.query(
    `UPDATE "Tenant" SET status = 'deleted', "purgeAt" = now() - interval '1 day' WHERE name = 'secretthree'`,
  );
  await insert('secretfour', { kind: 'resume', state: 'running' });
  await bench.owner.query(`UPDATE "Tenant" SET status = 'active' WHERE name = 'secretfour'`);
  await bench.owner.query(
    `INSERT INTO "TenantResource" (id, "tenantId", kind, name, state, nonce, "updatedAt", credential, retiring, "overlapUntil")
     SELECT gen_random_uuid(), id, kind, name, 'present', gen_random_uuid(), now(), 2, '{1}', now() - interval '1 hour'
       FROM "Tenant", unnest('{postgres,qdrant}'::"BackendKind"[]) kind WHERE name = 'secretfour'`,
  );
  await bench.owner.query(`UPDATE "TenantOperation" SET state = 'done', "endedAt" = now() WHERE kind = 'resume'`);
  await bench.owner.query(
    `INSERT INTO "ReconcileReport" (id, "requestedBy", fix, counts, findings, "startedAt", "endedAt")
     VALUES (gen_random_uuid(), 'test', false, '{"resources": 4, "drifted": 2}', '[]', now(), now())`,
  );
  await bench.owner.query(
    `INSERT INTO "PooledResource" (id, kind, name, state, nonce, "serverId", template)
     VALUES (gen_random_uuid(), 'keycloak', 'freeflow-pool-1', 'ready', gen_random_uuid(), 's', 't')`,
  );
  await insertWebhook(bench.owner, 'https://secretreceiver.test/');
  // As a worker does: it passes by the event of its own making.
  await bench.owner.query('UPDATE "Webhook" SET "cursor" = (SELECT max(id) FROM "Event")');
  await bench.owner.query(
    `INSERT INTO "Event" (type, "tenantId", "tenantName", data, "at") VALUES ('tenant.gone', gen_random_uuid(), 'secretname', '{}', now() - interval '50 minutes')`,
  );
  await bench.owner.query(
    `INSERT INTO "Webhook" (id, url, "eventTypes", "createdBy", "cursor", state, "disabledAt", "disabledReason")
     VALUES (gen_random_uuid(), 'https://secretreceiver.test/', '{}', 'test', 0, 'disabled', now(), 'failing')`,
  );
  await bench.owner.query(
    `INSERT INTO "AuditEvent" (id, channel, action, outcome, "at") VALUES (gen_random_uuid(), 'api', 'x', 'refused', now() - interval '3 days')`,
  );
  const { text } = await bench.request('GET', '/metrics', { token: null });
  const series = seriesIn(text);
  expect(series).toMatchObject({
    freeflow_master_database_up: 1,
    'freeflow_operations_open{kind="create",state="parked"}': 1,
    'freeflow_operations_open{kind="suspend",state="requested"}': 1,
    'freeflow_operations_open{kind="resume",state="running"}': 0,
    'freeflow_steps_parked{step="qdrant.create"}': 1,
    'freeflow_steps_parked{step="keycloak.create"}': 1,
    'freeflow_steps_parked{step="mongodb.create"}': 0,
    freeflow_operations_without_run: 1,
    freeflow_purges_overdue: 1,
    freeflow_retirements_overdue: 1,
    'freeflow_reconcile_findings{class="drifted"}': 2,
    'freeflow_reconcile_findings{class="orphan"}': 0,
    'freeflow_pool_ready{backend="keycloak"}': 1,
    'freeflow_webhooks_disabled{reason="failing"}': 1,
    'freeflow_webhooks_disabled{reason="person"}': 0,
  });
  const [parked, open] = [
    series['freeflow_steps_parked_oldest_age_seconds'],
    series['freeflow_operations_open_oldest_age_seconds{state="requested"}'],
  ];
  expect(series['freeflow_webhook_undelivered_oldest_age_seconds']).toBeGreaterThanOrEqual(50 * 60);
  expect(parked).toBeGreaterThanOrEqual(40 * 60);
  expect(parked).toBeLessThan(60 * 60);
  expect(open).toBeGreaterThanOrEqual(90 * 60);
  const ageOf = (records: string) => series[`freeflow_records_oldest_age_seconds{records="${records}"}`];
  expect(ageOf('audit')).toBeGreaterThanOrEqual(3 * 86_400);
  expect(ageOf('events')).toBeGreaterThan(0);
  expect(ageOf('events')).toBeLessThan(86_400);
  expect(series['freeflow_reconcile_last_success_timestamp_seconds']).toBeGreaterThan(Date.now() / 1_000 - 3_600);
  expect(text).not.toMatch(/secret/);
});

test('they are read once for all who scrape within some seconds', async () => {
  const [first, second] = await Promise.all([scrape(), scrape()]);
  const age = 'freeflow_steps_parked_oldest_age_seconds';
  expect(first[age]).toBeGreaterThan(0);
  expect(second[age]).toBe(first[age]);
  expect((await scrape())[age]).toBe(first[age]);
});

test('facts are read also while requests have all connections of the API: the master database is not away', async () => {
  const crowded = await openApiBench({ MASTER_DATABASE_POOL: '1' });
  const session = await crowded.owner.connect();
  try {
    const { id } = (await crowded.request('POST', '/tenants', { body: { name: 'crowded' } })).body;
    await session.query('BEGIN');
    await session.query('SELECT 1 FROM "Tenant" WHERE id = $1 FOR UPDATE', [id]);
    const patch = crowded.request('PATCH', `/tenants/${id}`, { body: { displayName: 'Acme' } });
    await until('the only connection waits for the row', async () => {
      const { rows } = await crowded.owner.query(
        `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database() AND application_name = 'freeflow-api'`,
      );
      return rows.length > 0;
    });
    const series = seriesIn((await crowded.request('GET', '/metrics', { token: null })).text);
    expect(series).toMatchObject({
      freeflow_master_database_up: 1,
      'freeflow_operations_open{kind="create",state="requested"}': 1,
    });
    await session.query('COMMIT');
    expect(await patch).toMatchObject({ status: 200 });
  } finally {
    session.release(true);
    await crowded.close();
  }
});

test('what has gone is no fact any more', async () => {
  await bench.owner.query(`UPDATE "TenantOperation" SET state = 'done', parked = NULL, "endedAt" = now()`);
  expect(await readNow()).toMatchObject({ open: [], parked: [], withoutRun: 0 });
});

test('a forced deletion that waits for what it has interrupted to be undone does not count as without a run; others do', async () => {
  const deletion = { kind: 'hard_delete', state: 'requested', force: true };
  await insert('undone', { kind: 'suspend', state: 'undoing' }, deletion);
  await insert('undoparked', { kind: 'create', state: 'parked', parked: [parkedAt('qdrant.drop', 40)] }, deletion);
  await insert('stopping', { kind: 'restore', state: 'running' }, deletion);
  expect(await readNow()).toMatchObject({ withoutRun: 0 });
  await insert('beginsnothing', { kind: 'suspend', state: 'requested' }, deletion);
  await insert(
    'besides',
    { kind: 'adopt', state: 'running', backend: 'qdrant' },
    { kind: 'suspend', state: 'requested' },
  );
  expect(await readNow()).toMatchObject({ withoutRun: 3 });
});

test('an upgrade of the fleet is counted while it has not ended, by its state and those of its tenants', async () => {
  const fleet = (state: string, endedAt: string) =>
    bench.owner.query<{ id: string }>(
      `INSERT INTO "FleetUpgrade" (version, canary, concurrency, "pauseOnFailures", "requestedBy", state, "endedAt")
       VALUES (1, 1, 1, 1, 'test', $1, ${endedAt}) RETURNING id`,
      [state],
    );
  const tenant = (upgradeId: string | undefined, state: string) =>
    bench.owner.query(
      `INSERT INTO "FleetTenant" ("upgradeId", "tenantId", "tenantName", position, state) VALUES ($1, gen_random_uuid(), 'x', 1, $2)`,
      [upgradeId, state],
    );
  const [ended] = (await fleet('done', 'now()')).rows;
  await tenant(ended?.id, 'failed');
  expect((await readNow()).fleet).toEqual([]);
  const [open] = (await fleet('paused', 'NULL')).rows;
  for (const state of ['waiting', 'waiting', 'failed']) await tenant(open?.id, state);
  expect((await readNow()).fleet.toSorted((a, b) => a.count - b.count)).toEqual([
    { upgrade: 'paused', state: 'failed', count: 1 },
    { upgrade: 'paused', state: 'waiting', count: 2 },
  ]);
  const series = await until('what was read before is forgotten', async () => {
    const read = await scrape();
    return read['freeflow_fleet_tenants{state="waiting"}'] === 2 ? read : undefined;
  });
  expect(series).toMatchObject({
    'freeflow_fleet_tenants{state="failed"}': 1,
    'freeflow_fleet_tenants{state="running"}': 0,
    'freeflow_fleet_upgrades_open{state="paused"}': 1,
    'freeflow_fleet_upgrades_open{state="running"}': 0,
  });
});
