import { randomUUID } from 'node:crypto';
import { tenantNames } from '@freeflow/contract';
import { createMasterClient } from '@freeflow/db-master';
import { openApiBench, type ApiBench } from '../../test/support/api-bench';
import { seriesIn } from '../../test/support/metrics';
import { readFacts } from './read-facts';

let bench: ApiBench;
beforeAll(async () => {
  bench = await openApiBench();
});
afterAll(() => bench.close());

const scrape = async () => seriesIn((await bench.request('GET', '/metrics', { token: null })).text);

/** A tenant with an operation as the columns say, an hour and a half old. */
async function insert(name: string, columns: { kind: string; state: string; parked?: object[] }): Promise<void> {
  const { realmName, postgresDb, mongoDb, qdrantCollection } = tenantNames(name);
  const id = randomUUID();
  await bench.owner.query(
    `INSERT INTO "Tenant" (id, name, "realmName", "postgresDb", "mongoDb", "qdrantCollection") VALUES ($1, $2, $3, $4, $5, $6)`,
    [id, name, realmName, postgresDb, mongoDb, qdrantCollection],
  );
  await bench.owner.query(
    `INSERT INTO "TenantOperation" (id, "tenantId", kind, state, parked, "requestedBy", "createdAt")
     VALUES (gen_random_uuid(), $1, $2::"OperationKind", $3::"OperationState", $4, 'test', now() - interval '90 minutes')`,
    [id, columns.kind, columns.state, columns.parked === undefined ? null : JSON.stringify(columns.parked)],
  );
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
  await bench.owner.query(`UPDATE "TenantOperation" SET state = 'done', "endedAt" = now() WHERE kind = 'resume'`);
  await bench.owner.query(
    `INSERT INTO "ReconcileReport" (id, "requestedBy", fix, counts, findings, "startedAt", "endedAt")
     VALUES (gen_random_uuid(), 'test', false, '{"resources": 4, "drifted": 2}', '[]', now(), now())`,
  );
  await bench.owner.query(
    `INSERT INTO "PooledResource" (id, kind, name, state, nonce, "serverId", template)
     VALUES (gen_random_uuid(), 'keycloak', 'freeflow-pool-1', 'ready', gen_random_uuid(), 's', 't')`,
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
    'freeflow_reconcile_findings{class="drifted"}': 2,
    'freeflow_reconcile_findings{class="orphan"}': 0,
    'freeflow_pool_ready{backend="keycloak"}': 1,
  });
  const [parked, open] = [
    series['freeflow_steps_parked_oldest_age_seconds'],
    series['freeflow_operations_open_oldest_age_seconds{state="requested"}'],
  ];
  expect(parked).toBeGreaterThanOrEqual(40 * 60);
  expect(parked).toBeLessThan(60 * 60);
  expect(open).toBeGreaterThanOrEqual(90 * 60);
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

test('what has gone is no fact any more', async () => {
  await bench.owner.query(`UPDATE "TenantOperation" SET state = 'done', parked = NULL, "endedAt" = now()`);
  const db = createMasterClient(bench.master.apiUrl, { maxConnections: 1 });
  try {
    expect(await readFacts(db, 10_000)).toMatchObject({ open: [], parked: [], withoutRun: 0 });
  } finally {
    await db.$disconnect();
  }
});
