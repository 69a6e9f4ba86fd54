import { randomUUID } from 'node:crypto';
import { newName } from '../test/support/activity-harness';
import { openApiBench, type ApiBench } from '../test/support/api-bench';

interface Page {
  items: { id: string; name: string; seq?: number }[];
  nextCursor: string | null;
}

let harness: ApiBench;
const made: { id: string; name: string }[] = [];

beforeAll(async () => {
  harness = await openApiBench();
  for (let at = 0; at < 7; at++) {
    const { body } = await harness.request('POST', '/tenants', { body: { name: newName() } });
    made.unshift({ id: String(body.id), name: String(body['name']) });
  }
});
afterAll(() => harness.close());

const page = async (path: string) => (await harness.request('GET', path)).body as unknown as Page;
const ids = ({ items }: Page) => items.map(({ id }) => id);

async function allPages(path: string): Promise<Page['items'][]> {
  const pages: Page['items'][] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const one: Page = await page(`${path}${cursor === '' ? '' : `&cursor=${cursor}`}`);
    pages.push(one.items);
    cursor = one.nextCursor;
  }
  return pages;
}

test('the list is newest first, page by page without gaps or repetitions', async () => {
  const pages = await allPages('/tenants?limit=3');
  expect(pages.map((it) => it.length)).toEqual([3, 3, 1]);
  expect(pages.flat().map((it) => it.id)).toEqual(made.map((it) => it.id));
});

test('by the beginning of their names tenants come by name, page by page without gaps or repetitions', async () => {
  const names = ['pre10', 'pre1', 'pre9', 'prf'].map((it) => `${it}x${newName().slice(-4)}`);
  for (const name of names) await harness.request('POST', '/tenants', { body: { name } });
  const pages = await allPages('/tenants?limit=2&prefix=pre');
  expect(pages.map((it) => it.length)).toEqual([2, 1]);
  expect(pages.flat().map((it) => it.name)).toEqual(names.slice(0, 3).toSorted());
  expect((await page('/tenants?prefix=prg')).items).toEqual([]);
  expect((await page(`/tenants?prefix=${names[3]}`)).items.map((it) => it.name)).toEqual([names[3]]);
  await harness.owner.query(
    `DELETE FROM "TenantOperation" WHERE "tenantId" IN (SELECT id FROM "Tenant" WHERE name LIKE 'pr%')`,
  );
  await harness.owner.query(`DELETE FROM "Tenant" WHERE name LIKE 'pr%'`);
});

test('a cursor of one order is none of the other', async () => {
  const { nextCursor } = await page('/tenants?limit=1');
  const { status } = await harness.request('GET', `/tenants?prefix=a&cursor=${nextCursor}`);
  expect([nextCursor === null, status]).toEqual([false, 400]);
});

test('what was asked for a tenant is listed, newest first, page by page', async () => {
  const { body } = await harness.request('POST', '/tenants', { body: { name: newName() } });
  const id = String(body.id);
  await harness.owner.query(`UPDATE "TenantOperation" SET state = 'done', "endedAt" = now() WHERE "tenantId" = $1`, [
    id,
  ]);
  await harness.owner.query(`UPDATE "Tenant" SET status = 'active' WHERE id = $1`, [id]);
  expect((await harness.request('POST', `/tenants/${id}/suspend`)).status).toBe(202);
  const pages = await allPages(`/tenants/${id}/operations?limit=1`);
  expect(pages.map((it) => (it as unknown as { kind: string }[]).map(({ kind }) => kind))).toEqual([
    ['suspend'],
    ['create'],
  ]);
  expect((await harness.request('GET', `/tenants/${randomUUID()}/operations`)).status).toBe(404);
  await harness.owner.query(`DELETE FROM "TenantOperation" WHERE "tenantId" = $1`, [id]);
  await harness.owner.query(`DELETE FROM "Tenant" WHERE id = $1`, [id]);
});

test('tenants of the same millisecond are not lost between pages, nor those made meanwhile shown twice', async () => {
  await harness.owner.query('UPDATE "Tenant" SET "createdAt" = \'2026-01-01\'');
  const first = await page('/tenants?limit=4');
  await harness.request('POST', '/tenants', { body: { name: newName() } });
  const second = await page(`/tenants?limit=4&cursor=${first.nextCursor ?? ''}`);
  expect([...ids(first), ...ids(second)].sort()).toEqual(made.map((it) => it.id).sort());
});

test('what is parked is data: each step is shown and selects, also of the operation that a forced deletion has interrupted', async () => {
  const { body } = await harness.request('POST', '/tenants', { body: { name: newName() } });
  const id = String(body.id);
  const park = (step: string, parkId: number) => ({
    step,
    parkId,
    cause: 'the server of mongodb.create does not answer',
    advice: 'Start it.',
    since: '2026-11-27T06:00:00.000Z',
  });
  const parked = [park('qdrant.drop', 1), park('postgres.drop', 2)];
  await harness.owner.query(
    `UPDATE "TenantOperation" SET state = 'parked', undoing = true, step = 'qdrant.drop', parked = $2, "createdAt" = now() - interval '1 min' WHERE "tenantId" = $1`,
    [id, JSON.stringify(parked)],
  );
  expect((await harness.request('GET', `/tenants/${id}`)).body).toMatchObject({
    operation: { kind: 'create', state: 'parked', parked },
    interrupted: null,
  });
  expect(await harness.request('DELETE', `/tenants/${id}?mode=hard&force=true`)).toMatchObject({ status: 202 });
  expect((await harness.request('GET', `/tenants/${id}`)).body).toMatchObject({
    operation: { kind: 'hard_delete', state: 'requested', parked: [] },
    interrupted: { kind: 'create', state: 'parked', parked },
  });
  for (const step of ['qdrant.drop', 'postgres.drop'])
    expect(ids(await page(`/tenants?operation=parked&step=${step}`))).toEqual([id]);
  // It stands in the text of a cause only.
  expect(ids(await page('/tenants?operation=parked&step=mongodb.create'))).toEqual([]);
  const { body: list } = await harness.request('GET', '/tenants/stuck');
  expect(list['items']).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ id, why: 'parked', operation: expect.objectContaining({ parked }) }),
    ]),
  );
  const retryAt = async (step: string) =>
    ((await harness.request('POST', '/tenants/retry', { body: { step } })).body['items'] as { id: string }[]).map(
      (it) => it.id,
    );
  expect(await retryAt('postgres.drop')).toEqual([id]);
  expect(await retryAt('mongodb.create')).toEqual([]);
  await harness.owner.query('UPDATE "Tenant" SET "goneAt" = now(), status = \'deleted\' WHERE id = $1', [id]);
  await harness.owner.query(
    'UPDATE "TenantOperation" SET state = \'done\', parked = NULL, "endedAt" = now() WHERE "tenantId" = $1',
    [id],
  );
});

test('it can be narrowed by name, status, state and step of the last operation', async () => {
  const [one, two] = made;
  expect(ids(await page(`/tenants?name=${one?.name ?? ''}`))).toEqual([one?.id]);
  await harness.owner.query('UPDATE "Tenant" SET status = \'active\' WHERE id = $1', [one?.id]);
  expect(ids(await page('/tenants?status=active'))).toEqual([one?.id]);
  await harness.owner.query('UPDATE "TenantOperation" SET state = \'done\', "endedAt" = now() WHERE "tenantId" = $1', [
    one?.id,
  ]);
  await harness.owner.query(
    "INSERT INTO \"TenantOperation\" (id, \"tenantId\", kind, state, step, \"requestedBy\") VALUES ($1, $2, 'suspend', 'parked', 'keycloak.disable', 'test')",
    [randomUUID(), one?.id],
  );
  expect(ids(await page('/tenants?operation=parked&step=keycloak.disable'))).toEqual([one?.id]);
  expect(ids(await page('/tenants?operation=parked&step=keycloak.drop'))).toEqual([]);
  // The earlier operation of `one` was done; that is history.
  expect(ids(await page('/tenants?operation=done'))).toEqual([]);
  expect(ids(await page('/tenants?operation=requested&limit=200'))).toContain(two?.id);
});

test('those that are gone are shown only on request, but always by their id', async () => {
  const gone = made[2]?.id ?? '';
  await harness.owner.query('UPDATE "Tenant" SET "goneAt" = now(), status = \'deleted\' WHERE id = $1', [gone]);
  expect(ids(await page('/tenants?limit=200'))).not.toContain(gone);
  expect(ids(await page('/tenants?gone=true&limit=200'))).toContain(gone);
  expect(await harness.request('GET', `/tenants/${gone}`)).toMatchObject({
    status: 200,
    body: { id: gone, status: 'deleted', goneAt: expect.any(String) },
  });
});

test('the log is oldest first, page by page', async () => {
  const tenantId = made[3]?.id ?? '';
  for (let seq = 1; seq <= 5; seq++) {
    await harness.owner.query(
      'INSERT INTO "TenantProvisionLog" (id, "tenantId", step, status, message, seq) VALUES ($1, $2, \'postgres.create\', \'success\', $3, $4)',
      [randomUUID(), tenantId, `row ${seq}`, seq],
    );
  }
  const pages = await allPages(`/tenants/${tenantId}/logs?limit=2`);
  expect(pages.map((it) => it.map(({ seq }) => seq))).toEqual([[1, 2], [3, 4], [5]]);
});

test('a tenant shows its connections by reference, with no secret and nothing internal', async () => {
  const tenantId = made[4]?.id ?? '';
  await harness.owner.query(
    'INSERT INTO "TenantConnection" (id, "tenantId", service, "dbName", host, port, username, "secretRef", options) VALUES ($1, $2, \'postgres\', \'freeflow_x\', \'db\', 5432, \'u\', \'db://x?v=1\', \'{"schema":"app"}\')',
    [randomUUID(), tenantId],
  );
  const { body } = await harness.request('GET', `/tenants/${tenantId}`);
  expect(body['connections']).toEqual([
    {
      service: 'postgres',
      dbName: 'freeflow_x',
      host: 'db',
      port: 5432,
      username: 'u',
      secretRef: 'db://x?v=1',
      options: { schema: 'app' },
    },
  ]);
  expect(Object.keys(body)).not.toEqual(expect.arrayContaining(['logSeq', 'resources']));
});
