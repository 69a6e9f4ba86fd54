import { usageList, usageSchema } from '@freeflow/contract/http';
import { newName } from '../test/support/activity-harness';
import { openApiBench, type ApiBench } from '../test/support/api-bench';

let bench: ApiBench;
beforeAll(async () => {
  bench = await openApiBench();
});
afterAll(() => bench.close());

/** A tenant that was measured: here is no worker that would. */
async function measured(size: number, isGone = false): Promise<{ id: string; name: string }> {
  const name = newName();
  const { body } = await bench.request('POST', '/tenants', { body: { name } });
  const id = body.id ?? '';
  await bench.owner.query(
    `INSERT INTO "TenantUsage" ("tenantId", kind, measures, limits, levels, plan, percent)
     VALUES ($1, 'postgres', jsonb_build_object('size', $2::int, 'connections', 1), '{"size": 1000}', '{}', 'free', $2::int / 10)`,
    [id, size],
  );
  if (isGone) await bench.owner.query(`UPDATE "Tenant" SET status = 'deleted', "goneAt" = now() WHERE id = $1`, [id]);
  return { id, name };
}

test('what a tenant uses is shown as it was measured, with its limit where the plan has one', async () => {
  const { id, name } = await measured(995);
  const { status, body } = await bench.request('GET', `/tenants/${id}/usage`);
  expect(status).toBe(200);
  expect(usageSchema.parse(body)).toMatchObject({
    name,
    backends: [
      {
        backend: 'postgres',
        plan: 'free',
        measures: [
          { measure: 'size', value: 995, limit: 1000, percent: 99 },
          { measure: 'connections', value: 1, limit: null, percent: null },
        ],
      },
    ],
  });
  const unknown = await bench.request('GET', '/tenants/00000000-0000-4000-8000-000000000000/usage');
  expect(unknown).toMatchObject({ status: 404, body: { code: 'tenant-unknown' } });
});

test('those near a limit are listed, the nearest first, without who is gone; the metric counts them and names none', async () => {
  await bench.owner.query('DELETE FROM "TenantUsage"');
  const [near, over] = [await measured(810), await measured(1_400)];
  await measured(790);
  const gone = await measured(5_000, true);
  const listOf = async (query: string) => {
    const { items, isComplete } = usageList.parse((await bench.request('GET', `/usage${query}`)).body);
    return [items.map(({ id, percent }) => [id, percent]), isComplete];
  };
  expect(await listOf('')).toEqual([
    [
      [over.id, 140],
      [near.id, 81],
    ],
    true,
  ]);
  expect(await listOf('?limit=1')).toEqual([[[over.id, 140]], false]);
  expect(await listOf('?least=100')).toEqual([[[over.id, 140]], true]);
  expect(await bench.request('GET', '/usage?least=10')).toMatchObject({ status: 400 });
  const { text } = await bench.request('GET', '/metrics');
  expect(text).toMatch(/freeflow_usage_near_limits\{plan="free",backend="postgres",percent="80"\} 2/);
  expect(text).toMatch(/freeflow_usage_near_limits\{plan="free",backend="postgres",percent="100"\} 1/);
  for (const { id, name } of [near, over, gone]) expect(text).not.toMatch(new RegExp(`${id}|${name}`));
});
