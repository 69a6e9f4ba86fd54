import { randomUUID } from 'node:crypto';
import { createMasterClient } from '@freeflow/db-master';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { Client } from 'pg';
import { claimStatement } from '../../activities/due-operations';
import { purgeStatement } from '../../activities/due-purges';
import { retireStatement, rotateStatement } from '../../activities/due-rotations';
import { findBusyWebhooks, handOut, takeOverdue } from '../../activities/webhooks/hand-out';
import { readBounds, readEvents, readOn } from '../../api/events/rows';
import { newName, openActivityHarness, type ActivityHarness } from '../support/activity-harness';
import { openApiBench, type ApiBench } from '../support/api-bench';
import { auditRoutes, fillAudit, fillEvents } from '../support/many-audited';
import { fillWithDeliveries } from '../support/many-deliveries';
import { fillWithOldOperations, fillWithTenants } from '../support/many-tenants';
import { explainNested, explainReading } from '../support/plans';
import {
  labelRoutes,
  listRoutes,
  namedRoutes,
  planRoutes,
  STEP,
  takeSample,
  type Sample,
} from '../support/reading-routes';
import { IS_LONG } from '../support/sample';
import { recordStatements, type Statement } from '../support/statements';
import { sweepOnce } from './sweep-bench';

const TENANTS = 20_000;
/**
 * So many rows at most are read for a page of 20, with the hundred operations that are parked; so many for a list of
 * all that is stuck, or an answer; and so many for a portion of the housekeeping. A hundredth of the tenants, as many
 * as are suspended, are 200: what reads more reads more with each tenant.
 */
const PAGE_ROWS = 350;
const ANSWER_ROWS = 700;
/**
 * By a label the shorter way is taken: all that have it, or the list in its order until enough have it. The longest is
 * that of a label which a root of (page / tenants) of them have, here one in thirty: either way reads a root of
 * (page * tenants), and the planner may misjudge it by some.
 */
const LABEL_ROWS = Math.ceil(2 * Math.sqrt(21 * TENANTS));
const PORTION_ROWS = 2_500;
/** What deletes looks at each row it deletes by several indexes. */
const BATCH_ROWS = 4_500;

let api: ApiBench;
let harness: ActivityHarness;
let owner: Client;
let sample: Sample;
let webhookId: string;

beforeAll(async () => {
  api = await openApiBench();
  owner = new Client({ connectionString: api.master.ownerUrl });
  await owner.connect();
  await fillWithTenants(owner, { tenants: TENANTS, logRows: 3 });
  webhookId = await fillWithDeliveries(owner, TENANTS);
  sample = await takeSample(owner);
  await fillAudit(owner, sample);
  await fillEvents(owner, sample);
  harness = await openActivityHarness({}, api.master);
});
afterAll(async () => {
  await harness.close();
  await owner.end();
  await api.close();
});

/** Those that read a whole table of ours, or too much of one. */
async function findGreedy(statements: readonly Statement[], most: number): Promise<string[]> {
  const greedy: string[] = [];
  for (const statement of statements) {
    const { readWhole, rows } = await explainReading(owner, statement);
    if (readWhole.length > 0 || rows > most)
      greedy.push(`${rows} rows, whole: ${readWhole.join() || 'none'}: ${statement.text}`);
  }
  return greedy;
}

async function findGreedyIn(work: () => Promise<unknown>, most = ANSWER_ROWS): Promise<string[]> {
  const statements = await recordStatements(work);
  expect(statements.length).toBeGreaterThan(0);
  return findGreedy(statements, most);
}

async function request(method: string, route: string, body?: object): Promise<void> {
  const { status, text } = await api.request(method, route, { body, headers: { 'idempotency-key': randomUUID() } });
  if (status >= 300) throw new Error(`${method} ${route}: ${status} ${text}`);
}

/** Which routes have statements that are greedy. */
async function findGreedyRoutes(routes: readonly string[], most: number): Promise<Record<string, string[]>> {
  const greedy: Record<string, string[]> = {};
  for (const route of routes) {
    const found = await findGreedyIn(() => request('GET', route), most);
    if (found.length > 0) greedy[route] = found;
  }
  return greedy;
}

test('a list of tenants reads what it shows, whatever it is filtered by', async () => {
  expect(await findGreedyRoutes(listRoutes(sample, IS_LONG), PAGE_ROWS)).toEqual({});
});

test('a list by labels takes the shorter way, however many have them', async () => {
  expect(await findGreedyRoutes(labelRoutes(sample), LABEL_ROWS)).toEqual({});
});

test('a list by plan reads what it shows, however many have it', async () => {
  expect(await findGreedyRoutes(planRoutes(sample), PAGE_ROWS)).toEqual({});
});

test('every other route that reads, reads what it shows', async () => {
  expect(await findGreedyRoutes(Object.values(namedRoutes(sample)), ANSWER_ROWS)).toEqual({});
});

test('the audit trail reads what it shows, whatever it is filtered by', async () => {
  expect(await findGreedyRoutes(auditRoutes(sample), PAGE_ROWS)).toEqual({});
});

test('events are read from where their reader is, those of one tenant as well', async () => {
  const db = createMasterClient(api.master.apiUrl, { maxConnections: 1 });
  const { oldest, newest: place } = await readBounds(db);
  const newest = place.id;
  const limit = 200;
  for (const after of [oldest, (oldest + newest) / 2n, newest - 10n, newest])
    for (const tenantId of [undefined, sample.id])
      for (const upTo of [undefined, newest - 5n])
        expect(
          await findGreedyIn(
            () => readEvents(db, { after, limit, tenantId, ...(upTo === undefined ? {} : { upTo }) }),
            PAGE_ROWS,
          ),
        ).toEqual([]);
  expect(await findGreedyIn(() => readBounds(db), PAGE_ROWS)).toEqual([]);
  for (const at of [place, { id: oldest, at: new Date() }])
    expect(await findGreedyIn(() => readOn(db, at, limit), PAGE_ROWS)).toEqual([]);
  await db.$disconnect();
});

test('a request and an answer read what they are about', async () => {
  const { id } = sample;
  expect(await findGreedyIn(() => request('POST', '/tenants', { name: newName() }))).toEqual([]);
  expect(await findGreedyIn(() => request('POST', `/tenants/${id}/suspend`))).toEqual([]);
  expect(await findGreedyIn(() => request('PATCH', `/tenants/${id}`, { externalId: 'x', labels: { x: 'y' } }))).toEqual(
    [],
  );
  const hold = { until: '2999-01-01T00:00:00Z', reason: 'case 4711' };
  expect(await findGreedyIn(() => request('PUT', `/tenants/${id}/hold`, hold))).toEqual([]);
  expect(await findGreedyIn(() => request('DELETE', `/tenants/${id}/hold`))).toEqual([]);
  expect(await findGreedyIn(() => request('DELETE', `/tenants/${id}?mode=hard&force=true`))).toEqual([]);
  // Runs of none of them exist: what is answered is started anew, by a queue without a worker.
  expect(await findGreedyIn(() => request('POST', `/tenants/${sample.parkedId}/retry`))).toEqual([]);
  expect(await findGreedyIn(() => request('POST', '/tenants/retry', { step: STEP }))).toEqual([]);
});

test('the statements of a sweep read what is due', async () => {
  expect(await findGreedyIn(() => sweepOnce(harness.db, async () => 'started'))).toEqual([]);
  const isDueLater = claimStatement(new Date(Date.now() + 7_200_000), 100);
  expect(await findGreedy([isDueLater, purgeStatement(500)], ANSWER_ROWS)).toEqual([]);
});

test('the sweep of rotations reads what is due, few or all, and not what is cut off', async () => {
  const age = await oldestAgeMs();
  const some = rotateStatement({ everyMs: age - 3_600_000, overlapS: 60 }, 20);
  const all = rotateStatement({ everyMs: 1_000, overlapS: 60 }, 20);
  expect(await findGreedy([retireStatement(500), some, all], PORTION_ROWS)).toEqual([]);
});

async function oldestAgeMs(): Promise<number> {
  const { rows } = await owner.query<{ age: number }>(
    `SELECT extract(epoch FROM now() - min("createdAt"))::float8 * 1000 AS age FROM "TenantResource"`,
  );
  return rows[0]?.age ?? 0;
}

test('the steps of an operation read what is of their tenant', async () => {
  const input = await harness.newTenant('hard_delete');
  const steps = ['begin', 'postgres.create', 'postgres.disable', 'postgres.drop'] as const;
  for (const step of steps) expect([step, await findGreedyIn(() => harness.run(step, input))]).toEqual([step, []]);
  expect(await findGreedyIn(() => harness.run('mark-gone', input, {}, { skipped: {} }))).toEqual([]);
});

test('what webhooks are shown, and what is handed out to them, reads what it is about', async () => {
  const of = `/webhooks/${webhookId}`;
  const routes = ['/webhooks', of, `${of}/deliveries?limit=20`, `${of}/deliveries?state=failed&limit=20`];
  expect(await findGreedyRoutes(routes, PAGE_ROWS)).toEqual({});
  expect(await findGreedyIn(() => findBusyWebhooks(harness.db))).toEqual([]);
  expect(await findGreedyIn(() => takeOverdue(harness.db))).toEqual([]);
  expect(await findGreedyIn(() => handOut(harness.db, webhookId), PORTION_ROWS)).toEqual([]);
  expect(await findGreedyIn(() => request('POST', `${of}/ping`))).toEqual([]);
  expect(await findGreedyIn(() => request('POST', `${of}/redeliver`), PORTION_ROWS)).toEqual([]);
});

test('a reconciliation reads a page at a time', async () => {
  const reconcile = async () => {
    const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
    await environment.run(() => harness.activities.reconcile({ requestedBy: 'test', fix: false }));
  };
  expect(await findGreedyIn(reconcile, PORTION_ROWS)).toEqual([]);
});

test('what deletes old records reads a batch at a time, beside all that is kept, in every session', async () => {
  await fillWithOldOperations(owner);
  const calls = [
    ['SELECT * FROM expire_operations(30, 30, NULL, NULL, 200)'],
    // All that it passes by is kept: nothing is so old.
    ["SELECT * FROM expire_operations(0, 30, now() - interval '700 days', NULL, 200)"],
    ["SELECT * FROM expire_operations(36500, 30, now() - interval '40 days', NULL, 200)"],
    ['SELECT * FROM expire_tenant_logs(30, NULL, NULL, 200)'],
    ['SELECT expire_audit(30, 1000)'],
    ['SELECT expire_audit(400, 1000)'],
    ['SELECT expire_events(30, 1000)'],
    ['SELECT expire_webhook_deliveries(30, 1000)'],
  ] as const;
  for (const [text] of calls)
    // From the sixth time on a session may take a plan that is to do for any values.
    for (let turn = 0; turn < 8; turn++) {
      const readings = await explainNested(owner, { text, values: [] });
      expect(readings.length).toBeGreaterThan(1);
      const greedy = readings.filter(({ readWhole, rows }) => readWhole.length > 0 || rows > BATCH_ROWS);
      expect([text, turn, greedy]).toEqual([text, turn, []]);
    }
});

test('what deletes deliveries of webhooks that are removed or disabled reads a batch at a time', async () => {
  const disable = `UPDATE "Webhook" SET state = 'disabled', "disabledAt" = now(), "disabledReason" = 'person'`;
  const prepared = [
    [disable, 'SELECT expire_undeliverable(1000)'],
    [`${disable}, "deletedAt" = now()`, 'SELECT expire_deleted_webhooks(1000)'],
  ] as const;
  for (const [change, text] of prepared) {
    await owner.query(change);
    const readings = await explainNested(owner, { text, values: [] });
    expect(readings.length).toBeGreaterThan(1);
    expect(readings.filter(({ readWhole, rows }) => readWhole.length > 0 || rows > BATCH_ROWS)).toEqual([]);
  }
});
