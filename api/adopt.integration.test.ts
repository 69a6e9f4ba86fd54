import { randomUUID } from 'node:crypto';
import { newName } from '../test/support/activity-harness';
import { openApiBench, type ApiBench } from '../test/support/api-bench';
import { until } from '../test/support/until';

let harness: ApiBench;
beforeAll(async () => {
  harness = await openApiBench();
});
afterAll(() => harness.close());

interface Operation {
  id: string;
  kind: string;
  state: string;
  backend: string | null;
  acceptServer: boolean;
  requestedBy: string;
  run: { workflowId: string };
}

/** A tenant whose suspension is parked, as a worker would leave it; here is none. */
async function parkedTenant(): Promise<string> {
  const { body } = await harness.request('POST', '/tenants', { body: { name: newName() } });
  const id = String(body.id);
  await harness.owner.query('UPDATE "TenantOperation" SET state = \'done\', "endedAt" = now() WHERE "tenantId" = $1', [
    id,
  ]);
  await harness.owner.query('UPDATE "Tenant" SET status = \'active\' WHERE id = $1', [id]);
  await harness.owner.query(
    "INSERT INTO \"TenantOperation\" (id, \"tenantId\", kind, state, step, \"requestedBy\") VALUES ($1, $2, 'suspend', 'parked', 'postgres.disable', 'test')",
    [randomUUID(), id],
  );
  return id;
}

const adopt = async (id: string, body: unknown, key?: string) => {
  const answer = await harness.request('POST', `/tenants/${id}/adopt`, {
    body,
    ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
  });
  return { ...answer, operation: answer.body['operation'] as Operation };
};
const adoptions = async (id: string) =>
  (
    await harness.owner.query<{ backend: string; state: string }>(
      'SELECT backend, state FROM "TenantOperation" WHERE "tenantId" = $1 AND kind = \'adopt\' ORDER BY "createdAt"',
      [id],
    )
  ).rows;
const end = (id: string) =>
  harness.owner.query(
    'UPDATE "TenantOperation" SET state = \'done\', "endedAt" = now() WHERE "tenantId" = $1 AND kind = \'adopt\'',
    [id],
  );

test('it is accepted beside the operation that is parked, which stays the last one wherever it is looked for', async () => {
  const id = await parkedTenant();
  const { status, headers, operation } = await adopt(id, { backend: 'postgres' });
  expect(status).toBe(202);
  expect(headers.get('location')).toBe(`/tenants/${id}`);
  expect(operation).toMatchObject({
    kind: 'adopt',
    state: 'requested',
    backend: 'postgres',
    acceptServer: false,
    run: { workflowId: `adopt-${id}-postgres` },
  });
  const shown = (await harness.request('GET', `/tenants/${id}`)).body;
  expect(shown).toMatchObject({
    operation: { kind: 'suspend', state: 'parked', backend: null, run: { workflowId: `tenant-${id}` } },
    adoptions: [{ id: operation.id, requestedBy: operation.requestedBy }],
  });
  const found = async (query: string) =>
    (
      (await harness.request('GET', `/tenants?${query}&limit=200`)).body['items'] as {
        id: string;
        operation: Operation;
      }[]
    ).find((it) => it.id === id);
  for (const state of ['requested', 'done']) {
    expect((await found('operation=parked&step=postgres.disable'))?.operation.kind).toBe('suspend');
    expect(await found(`operation=${state}`)).toBeUndefined();
    await end(id);
  }
  expect(await harness.request('POST', `/tenants/${id}/resume`)).toMatchObject({
    status: 409,
    body: { code: 'operation-in-progress' },
  });
});

test('it holds nothing up: what is requested while it is open is accepted', async () => {
  const id = await parkedTenant();
  await harness.owner.query('UPDATE "TenantOperation" SET state = \'done\', "endedAt" = now() WHERE "tenantId" = $1', [
    id,
  ]);
  await adopt(id, { backend: 'qdrant' });
  expect(await harness.request('POST', `/tenants/${id}/suspend`)).toMatchObject({
    status: 202,
    body: { operation: { kind: 'suspend', state: 'requested' } },
  });
  expect(await harness.request('DELETE', `/tenants/${id}?mode=hard&force=true`)).toMatchObject({
    status: 202,
    body: { operation: { kind: 'hard_delete' } },
  });
  expect(await adoptions(id)).toEqual([{ backend: 'qdrant', state: 'requested' }]);
});

test('its run has an id of its own, and is told which resource', async () => {
  const id = await parkedTenant();
  const { operation } = await adopt(id, { backend: 'keycloak' });
  const run = await until('its run is there', () =>
    harness.operator.client.workflow.getHandle(`adopt-${id}-keycloak`).describe(),
  );
  expect(run).toMatchObject({ type: 'adoptResource', memo: { operationId: operation.id } });
});

test('asked again while it is at work: the same one; another resource, another one; more than it does, refused', async () => {
  const id = await parkedTenant();
  const first = await adopt(id, { backend: 'postgres' });
  const again = await adopt(id, { backend: 'postgres' });
  expect(again).toMatchObject({ status: 202, operation: { id: first.operation.id } });
  expect((await adopt(id, { backend: 'mongodb' })).operation.id).not.toBe(first.operation.id);
  expect(await adopt(id, { backend: 'postgres', acceptServer: true })).toMatchObject({
    status: 409,
    body: { code: 'operation-in-progress' },
  });
  expect(await adoptions(id)).toEqual([
    { backend: 'postgres', state: 'requested' },
    { backend: 'postgres', state: 'done' },
    { backend: 'mongodb', state: 'requested' },
  ]);
  const shown = (await harness.request('GET', `/tenants/${id}`)).body['adoptions'] as Operation[];
  expect(shown.map(({ backend, state }) => ({ backend, state }))).toEqual([
    { backend: 'postgres', state: 'requested' },
    { backend: 'mongodb', state: 'requested' },
  ]);
  await end(id);
  expect(await adopt(id, { backend: 'postgres', acceptServer: true })).toMatchObject({
    status: 202,
    operation: { state: 'requested', acceptServer: true },
  });
});

test('twenty at once: all are accepted, and one is open', async () => {
  const id = await parkedTenant();
  const answers = await Promise.all(Array.from({ length: 20 }, () => adopt(id, { backend: 'postgres' })));
  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(202));
  expect(new Set(answers.map(({ operation }) => operation.id)).size).toBe(1);
  expect((await adoptions(id)).filter(({ state }) => state === 'requested')).toHaveLength(1);
});

test('an Idempotency-Key does it once, and belongs to this resource', async () => {
  const [id, key] = [await parkedTenant(), randomUUID()];
  const first = await adopt(id, { backend: 'postgres' }, key);
  await end(id);
  expect((await adopt(id, { backend: 'postgres' }, key)).operation).toMatchObject({
    id: first.operation.id,
    state: 'done',
  });
  expect(await adopt(id, { backend: 'mongodb' }, key)).toMatchObject({
    status: 422,
    body: { code: 'idempotency-key-reused' },
  });
  expect(await adopt(id, { backend: 'postgres', acceptServer: true }, key)).toMatchObject({ status: 422 });
});

test.each([
  ['a resource there is not', { backend: 'redis' }, '/backend'],
  ['no resource', {}, '/backend'],
  ['two resources', { backend: ['postgres', 'mongodb'] }, '/backend'],
  ['acceptServer that is no boolean', { backend: 'postgres', acceptServer: 'true' }, '/acceptServer'],
  ['an id to be believed', { backend: 'postgres', externalId: '42' }, '/externalId'],
])('%s is refused', async (_, body, pointer) => {
  const id = await parkedTenant();
  expect(await adopt(id, body)).toMatchObject({ status: 400, body: { code: 'body-invalid', errors: [{ pointer }] } });
  expect(await adoptions(id)).toEqual([]);
});

test('without a token, without the permission, and of a tenant there is not', async () => {
  const id = await parkedTenant();
  const body = { backend: 'postgres' };
  expect(await harness.request('POST', `/tenants/${id}/adopt`, { body, token: null })).toMatchObject({
    status: 401,
    body: { code: 'unauthenticated' },
  });
  expect(
    await harness.request('POST', `/tenants/${id}/adopt`, {
      body,
      token: await harness.issuer.token({ permissions: ['tenant:read'] }),
    }),
  ).toMatchObject({ status: 403 });
  expect(await adopt(randomUUID(), body)).toMatchObject({ status: 404, body: { code: 'tenant-unknown' } });
  expect(await adoptions(id)).toEqual([]);
});
