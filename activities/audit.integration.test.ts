import { randomUUID } from 'node:crypto';
import type { TakenAnswer } from '@freeflow/contract';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { Pool } from 'pg';
import { openActivityHarness, type ActivityHarness } from '../test/support/activity-harness';
import { auditedRows } from '../test/support/audit';
import { inDatabase } from '../test/support/master';

let harness: ActivityHarness;
let owner: Pool;
beforeAll(async () => {
  harness = await openActivityHarness();
  owner = new Pool({ connectionString: inDatabase(harness.info.masterDatabaseUrl, harness.database), max: 1 });
});
afterAll(async () => {
  await owner.end();
  await harness.close();
});

const taken = (more: Partial<TakenAnswer> = {}): TakenAnswer => ({
  key: randomUUID(),
  action: 'retry',
  by: 'on-call',
  steps: ['qdrant.create'],
  at: '2026-11-27T06:00:00.000Z',
  ...more,
});
type Subject = Awaited<ReturnType<ActivityHarness['newTenant']>>;
/** What the API writes before it hands on an answer. */
const begin = (tenant: Subject | undefined, action: string, actor: string, requestId: string) =>
  owner.query(
    `INSERT INTO "AuditEvent" (id, channel, action, outcome, actor, "requestId", "tenantId", "operationId")
     VALUES (gen_random_uuid(), 'api', $1, 'begun', $2, $3, $4, $5)`,
    [action, actor, requestId, tenant?.tenantId ?? null, tenant?.operationId ?? null],
  );
const steps = [
  { step: 'qdrant.create', parkId: 1, cause: 'full', advice: 'Make room.', since: '2026-11-27T06:00:00.000Z' },
];
const rollbackReason = { step: 'qdrant.create', cause: 'it is full', advice: 'Make room.' };

test.each(['park', 'unpark', 'start-rollback', 'activate', 'restore-status', 'mark-gone'] as const)(
  '%s records the answers that came before it, once, however often it is repeated',
  async (step) => {
    const tenant = await harness.newTenant();
    const answers = [taken(), taken({ action: 'skip', by: 'me', reason: 'password=hunter22', requestId: 'r-1' })];
    await begin(tenant, 'tenants.skip', 'me', 'r-1');
    const record = () =>
      harness.run(step, tenant, {}, { steps, rollbackReason, skipped: {}, isUndoing: false, answers });
    await record();
    await record();
    const rows = await auditedRows(owner, { tenantId: tenant.tenantId });
    expect(rows).toHaveLength(3);
    const common = { tenantName: tenant.name, operationId: tenant.operationId, outcome: 'done', address: null };
    expect(rows).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          ...common,
          action: 'answers.retry',
          actor: 'temporal',
          channel: 'temporal',
          detail: { steps: ['qdrant.create'], givenAt: '2026-11-27T06:00:00.000Z', claimedBy: 'on-call' },
        }),
        expect.objectContaining({
          ...common,
          action: 'answers.skip',
          actor: 'me',
          channel: 'api',
          requestId: 'r-1',
          detail: expect.objectContaining({ reason: 'password=***' }),
        }),
      ]),
    );
  },
);

describe('an answer that names a request of the API', () => {
  /** What is recorded of these, given by one after the other. */
  const record = async (tenant: Subject, answers: TakenAnswer[]) => {
    for (const one of answers) await harness.run('start-rollback', tenant, {}, { rollbackReason, answers: [one] });
    return auditedRows(owner, { tenantId: tenant.tenantId, outcome: 'done' });
  };
  const named = (requestId: string, more: Partial<TakenAnswer> = {}) => taken({ by: 'alice', requestId, ...more });
  const claim = (requestId: string) => ({
    channel: 'temporal',
    actor: 'temporal',
    requestId: null,
    detail: { claimedBy: 'alice', claimedRequestId: requestId },
  });

  test.each([
    ['was begun by nobody', async () => undefined],
    ['was begun by somebody else', (tenant: Subject, id: string) => begin(tenant, 'tenants.retry', 'bob', id)],
    ['was begun for something else', (tenant: Subject, id: string) => begin(tenant, 'tenants.abort', 'alice', id)],
    [
      'was begun on another operation',
      async (_tenant: Subject, id: string) => begin(await harness.newTenant(), 'tenants.retry', 'alice', id),
    ],
  ])('which %s is a claim, by Temporal', async (_what, before) => {
    const [tenant, id] = [await harness.newTenant(), randomUUID()];
    await before(tenant, id);
    expect(await record(tenant, [named(id)])).toMatchObject([claim(id)]);
  });

  test('stands for it once: who repeats it from the history makes a claim', async () => {
    const [tenant, id] = [await harness.newTenant(), randomUUID()];
    await begin(tenant, 'tenants.retry', 'alice', id);
    const rows = await record(tenant, [named(id), named(id)]);
    expect(rows).toMatchObject([{ channel: 'api', actor: 'alice', requestId: id }, claim(id)]);
  });

  test('is that request also where it has retried everything', async () => {
    const [tenant, id] = [await harness.newTenant(), randomUUID()];
    await begin(undefined, 'tenants.retry-all', 'alice', id);
    expect(await record(tenant, [named(id)])).toMatchObject([{ channel: 'api', actor: 'alice', requestId: id }]);
  });
});

test('where nobody is known, it was Temporal', async () => {
  const tenant = await harness.newTenant();
  const answers = [taken({ action: 'interrupt', by: 'unknown', steps: [] })];
  await harness.run('start-rollback', tenant, {}, { rollbackReason, answers });
  expect(await auditedRows(owner, { tenantId: tenant.tenantId })).toMatchObject([
    { action: 'answers.interrupt', actor: 'temporal', channel: 'temporal' },
  ]);
});

test('a sweep deletes what the audit trail has kept for longer than it is to, and nothing else', async () => {
  const insert = async (days: number) => {
    const id = randomUUID();
    await owner.query(
      `INSERT INTO "AuditEvent" (id, channel, action, outcome, "at") VALUES ($1, 'api', 'tenants.list', 'refused', now() - make_interval(days => $2))`,
      [id, days],
    );
    return id;
  };
  const [kept, old] = [await insert(399), await insert(401)];
  const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
  await environment.run(() => harness.activities.sweep());
  const { rows } = await owner.query<{ id: string }>(
    `SELECT id FROM "AuditEvent" WHERE action = 'tenants.list' AND outcome = 'refused'`,
  );
  expect(rows.map(({ id }) => id)).toContain(kept);
  expect(rows.map(({ id }) => id)).not.toContain(old);
});
