import { randomUUID } from 'node:crypto';
import { newName } from '../test/support/activity-harness';
import { openApiBench, type ApiBench } from '../test/support/api-bench';
import { until } from '../test/support/until';

let harness: ApiBench;

beforeAll(async () => {
  harness = await openApiBench();
});
afterAll(() => harness.close());

const post = (name: string, headers: Record<string, string> = {}, token?: string) =>
  harness.request('POST', '/tenants', { body: { name }, headers, ...(token === undefined ? {} : { token }) });
const rows = async <T extends object>(sql: string, values: unknown[]) =>
  (await harness.owner.query<T>(sql, values)).rows;

test('a new tenant is committed with its operation before it is answered, and then started once', async () => {
  const name = newName();
  const { status, headers, body } = await post(name);
  expect(status).toBe(202);
  expect(headers.get('location')).toBe(`/tenants/${body.id ?? ''}`);
  expect(body).toMatchObject({
    name,
    status: 'provisioning',
    realmName: `freeflow-${name}`,
    postgresDb: `freeflow_${name}`,
    mongoDb: `freeflow_${name}`,
    qdrantCollection: `freeflow_${name}_vectors`,
    goneAt: null,
    operation: {
      kind: 'create',
      state: 'requested',
      requestedBy: 'somebody',
      run: { workflowId: `tenant-${body.id ?? ''}` },
    },
  });
  expect(
    await rows(
      'SELECT t.status, o.state FROM "Tenant" t JOIN "TenantOperation" o ON o."tenantId" = t.id WHERE t.id = $1',
      [body.id],
    ),
  ).toEqual([{ status: 'provisioning', state: 'requested' }]);

  const run = await until('the run is there', () =>
    harness.operator.client.workflow.getHandle(`tenant-${body.id ?? ''}`).describe(),
  );
  expect(run).toMatchObject({ type: 'provisionTenant', taskQueue: harness.taskQueue, memo: { tenantName: name } });
});

test('the answer names the run in the Temporal UI', async () => {
  const { body } = await post(newName());
  const shown = await harness.request('GET', `/tenants/${body.id ?? ''}`);
  const { uiUrl } = harness.master.info.temporal;
  expect(shown.body).toMatchObject({
    connections: [],
    operation: { run: { url: `${uiUrl ?? ''}/namespaces/default/workflows/tenant-${body.id ?? ''}` } },
  });
});

test('a name is taken as long as its tenant is there', async () => {
  const name = newName();
  const first = await post(name);
  expect(await post(name)).toMatchObject({ status: 409, body: { code: 'tenant-name-taken' } });
  await harness.owner.query('UPDATE "Tenant" SET "goneAt" = now(), status = \'deleted\' WHERE id = $1', [
    first.body.id,
  ]);
  const second = await post(name);
  expect(second.status).toBe(202);
  expect(second.body.id).not.toBe(first.body.id);
});

describe('Idempotency-Key', () => {
  test('the same key and body: the same tenant, made once, also fifty times at once', async () => {
    const [name, key] = [newName(), randomUUID()];
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(name, { 'idempotency-key': key })));
    expect(new Set(answers.map((it) => it.status))).toEqual(new Set([202]));
    expect(new Set(answers.map((it) => it.body.id)).size).toBe(1);
    expect(await rows('SELECT 1 FROM "TenantOperation" WHERE "idempotencyKey" = $1', [key])).toHaveLength(1);
  });

  test('still the same answer when the tenant is gone since', async () => {
    const [name, key] = [newName(), randomUUID()];
    const first = await post(name, { 'idempotency-key': key });
    await harness.owner.query('UPDATE "Tenant" SET "goneAt" = now(), status = \'deleted\' WHERE id = $1', [
      first.body.id,
    ]);
    const again = await post(name, { 'idempotency-key': key });
    expect(again).toMatchObject({ status: 202, body: { id: first.body.id, status: 'deleted' } });
  });

  test('the same key with another body, or another route, is refused', async () => {
    const key = randomUUID();
    const first = await post(newName(), { 'idempotency-key': key });
    expect(await post(newName(), { 'idempotency-key': key })).toMatchObject({
      status: 422,
      body: { code: 'idempotency-key-reused' },
    });
    const deletion = await harness.request('DELETE', `/tenants/${first.body.id ?? ''}?mode=hard`, {
      headers: { 'idempotency-key': key },
    });
    expect(deletion).toMatchObject({ status: 422, body: { code: 'idempotency-key-reused' } });
  });

  test("another principal's key is another key", async () => {
    const key = randomUUID();
    const first = await post(newName(), { 'idempotency-key': key });
    const second = await post(
      newName(),
      { 'idempotency-key': key },
      await harness.issuer.token({ sub: 'somebody-else' }),
    );
    expect(second).toMatchObject({ status: 202, body: { operation: { requestedBy: 'somebody-else' } } });
    expect(second.body.id).not.toBe(first.body.id);
  });
});

describe('DELETE', () => {
  /** A tenant as a workflow would leave it, since here is no worker. */
  const tenantIn = async (status: string, { gone = false, open = false, registeredOnly = false } = {}) => {
    const [id, name] = [randomUUID(), newName()];
    await harness.owner.query(
      'INSERT INTO "Tenant" (id, name, "realmName", "postgresDb", "mongoDb", "qdrantCollection", status, "goneAt") VALUES ($1, $2, $2, $2, $2, $2, $3, $4)',
      [id, name, status, gone ? new Date() : null],
    );
    if (!registeredOnly) {
      await harness.owner.query(
        'INSERT INTO "TenantOperation" (id, "tenantId", kind, state, "requestedBy", "endedAt") VALUES ($1, $2, \'create\', $3, \'test\', $4)',
        [randomUUID(), id, open ? 'running' : 'done', open ? null : new Date()],
      );
    }
    return id;
  };
  const remove = (id: string, query = '') => harness.request('DELETE', `/tenants/${id}${query}`);

  test.each([
    ['active, soft', 'active', {}, '', 202, undefined],
    ['active, hard without force', 'active', {}, '?mode=hard', 409, 'force-required'],
    ['active, hard with force', 'active', {}, '?mode=hard&force=true', 202, undefined],
    ['suspended, hard without force', 'suspended', {}, '?mode=hard', 202, undefined],
    ['soft-deleted, hard without force', 'deleted', {}, '?mode=hard', 202, undefined],
    ['gone', 'deleted', { gone: true }, '?mode=hard&force=true', 404, 'tenant-unknown'],
    ['busy, hard without force', 'provisioning', { open: true }, '?mode=hard', 409, 'operation-in-progress'],
    ['busy, hard with force', 'provisioning', { open: true }, '?mode=hard&force=true', 202, undefined],
    ['registered only, soft', 'active', { registeredOnly: true }, '', 409, 'registered-only'],
    ['registered only, hard without force', 'active', { registeredOnly: true }, '?mode=hard', 409, 'registered-only'],
    ['registered only, hard with force', 'active', { registeredOnly: true }, '?mode=hard&force=true', 202, undefined],
  ] as const)('%s', async (_name, status, how, query, expected, code) => {
    const id = await tenantIn(status, how);
    const answer = await remove(id, query);
    expect({ status: answer.status, code: answer.body.code }).toEqual({ status: expected, code });
    const accepted = await rows(
      'SELECT state FROM "TenantOperation" WHERE "tenantId" = $1 AND kind IN (\'hard_delete\', \'soft_delete\')',
      [id],
    );
    expect(accepted).toEqual(expected === 202 ? [{ state: 'requested' }] : []);
  });

  test('twenty at once: all are accepted, and there is one operation', async () => {
    const id = await tenantIn('active');
    const answers = await Promise.all(Array.from({ length: 20 }, () => remove(id, '?mode=hard&force=true')));
    expect(answers.map((it) => it.status)).toEqual(Array(20).fill(202));
    expect(
      await rows('SELECT 1 FROM "TenantOperation" WHERE "tenantId" = $1 AND "endedAt" IS NULL', [id]),
    ).toHaveLength(1);
    expect(new Set(answers.map((it) => (it.body['operation'] as { id: string }).id)).size).toBe(1);
  });
});
