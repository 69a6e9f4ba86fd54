import { examplePlans } from '../stack/app/parts';
import { newName } from '../test/support/activity-harness';
import { openApiBench, type ApiBench } from '../test/support/api-bench';

let bench: ApiBench;
beforeAll(async () => {
  bench = await openApiBench({ PLANS_FILE: examplePlans() });
});
afterAll(() => bench.close());

/** A tenant as it would stand after its create; here is no worker that would change it. */
async function activeTenant(plan: string | null = 'free'): Promise<string> {
  const { status, body } = await bench.request('POST', '/tenants', { body: { name: newName(), plan } });
  expect({ status, plan: body['plan'] }).toEqual({ status: 202, plan });
  const id = body.id ?? '';
  await end(id, 'active');
  return id;
}

const end = async (id: string, status: string): Promise<void> => {
  await bench.owner.query(
    `UPDATE "TenantOperation" SET state = 'done', "endedAt" = now() WHERE "tenantId" = $1 AND "endedAt" IS NULL`,
    [id],
  );
  await bench.owner.query('UPDATE "Tenant" SET status = $2::"TenantStatus" WHERE id = $1', [id, status]);
};

const patch = (id: string, body: unknown, headers: Record<string, string> = {}) =>
  bench.request('PATCH', `/tenants/${id}`, { body, headers });

test('the plans are listed with their limits, and one that is none is refused by its pointer', async () => {
  const { body } = await bench.request('GET', '/plans');
  expect(body['items']).toMatchObject([
    { name: 'free', title: 'Free', limits: { postgres: { connections: 5, statementTimeout: 30_000 } } },
    { name: 'pro' },
  ]);
  const refused = {
    status: 400,
    body: { code: 'body-invalid', errors: [{ pointer: '/plan', detail: 'must be one of free, pro' }] },
  };
  expect(await bench.request('POST', '/tenants', { body: { name: newName(), plan: 'gold' } })).toMatchObject(refused);
  expect(await patch(await activeTenant(), { plan: 'gold', displayName: 'x' })).toMatchObject(refused);
});

test.each(['active', 'suspended'])(
  'another plan of a tenant that is %s is an operation, accepted with all else that changes; the plan stays until it is in force',
  async (status) => {
    const id = await activeTenant();
    await end(id, status);
    const first = await patch(id, { plan: 'pro', displayName: 'Acme' });
    expect(first).toMatchObject({
      status: 202,
      body: { plan: 'free', displayName: 'Acme', operation: { kind: 'change_plan', plan: 'pro', state: 'requested' } },
    });
    const again = await patch(id, { plan: 'pro', displayName: 'Acme' });
    expect([again.status, again.body['operation']]).toEqual([202, first.body['operation']]);
    expect(await patch(id, { plan: null })).toMatchObject({ status: 409, body: { code: 'operation-in-progress' } });
    expect(await patch(id, { plan: 'free', displayName: 'not this' })).toMatchObject({ status: 409 });
    expect(await patch(id, { labels: { a: 'b' } })).toMatchObject({ status: 200, body: { displayName: 'Acme' } });
    const { rows } = await bench.owner.query<{ kind: string; plan: string | null }>(
      `SELECT kind, plan FROM "TenantOperation" WHERE "tenantId" = $1 ORDER BY "createdAt"`,
      [id],
    );
    expect(rows).toEqual([
      { kind: 'create', plan: null },
      { kind: 'change_plan', plan: 'pro' },
    ]);
  },
);

test('the plan that it has is nothing to do; what is not active or suspended has none to change', async () => {
  const id = await activeTenant();
  expect(await patch(id, { plan: 'free' })).toMatchObject({ status: 200, body: { operation: { kind: 'create' } } });
  await end(id, 'deleted');
  expect(await patch(id, { plan: 'pro', displayName: 'x' })).toMatchObject({
    status: 409,
    body: { code: 'soft-deleted' },
  });
  expect((await bench.request('GET', `/tenants/${id}`)).body['displayName']).toBeNull();
});

test('the list shows those of one plan, also of one that nobody has', async () => {
  const [free, pro] = [await activeTenant('free'), await activeTenant('pro')];
  const idsOf = async (query: string) => {
    const { body } = await bench.request('GET', `/tenants?limit=200&${query}`);
    return (body['items'] as { id: string; plan: string | null }[]).map(({ id }) => id);
  };
  const found = await idsOf('plan=pro');
  expect(found).toContain(pro);
  expect(found).not.toContain(free);
  expect(await idsOf('plan=pro&status=suspended')).toEqual([]);
  expect(await idsOf('plan=none-such')).toEqual([]);
});

test('it is audited once, as what it is, and stands in the ETag', async () => {
  const id = await activeTenant();
  const etag = (await bench.request('GET', `/tenants/${id}`)).headers.get('etag') ?? '';
  await bench.owner.query(`UPDATE "Tenant" SET plan = 'pro' WHERE id = $1`, [id]);
  expect(await patch(id, { plan: null }, { 'if-match': etag })).toMatchObject({ status: 412 });
  const { body } = await patch(id, { plan: null });
  const { rows } = await bench.owner.query<{ operationId: string; status: number; detail: unknown }>(
    `SELECT "operationId", status, detail FROM "AuditEvent" WHERE "tenantId" = $1 AND action = 'tenants.update' AND outcome = 'accepted'`,
    [id],
  );
  expect(rows).toEqual([
    {
      operationId: (body['operation'] as { id: string }).id,
      status: 202,
      detail: expect.objectContaining({ plan: { from: 'pro', to: null } }),
    },
  ]);
});

test('without a file of plans there is none to be had', async () => {
  const bare = await openApiBench();
  try {
    expect((await bare.request('GET', '/plans')).body).toEqual({ items: [] });
    expect(await bare.request('POST', '/tenants', { body: { name: newName(), plan: 'free' } })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/plan', detail: 'there are no plans: PLANS_FILE is not set' }] },
    });
  } finally {
    await bare.close();
  }
});
