import { randomUUID } from 'node:crypto';
import { newName } from '../test/support/activity-harness';
import { openApiBench, type ApiBench } from '../test/support/api-bench';
import { until } from '../test/support/until';

let harness: ApiBench;

beforeAll(async () => {
  harness = await openApiBench();
});
afterAll(() => harness.close());

const UNTIL = '2999-01-01T00:00:00.000Z';
const HOLD = { until: UNTIL, reason: 'case 4711' };

/** A tenant as a workflow would leave it, since here is no worker. */
async function tenantIn(
  status: string,
  more: { isRegistered?: boolean; running?: string; undoing?: boolean; state?: string; isBegun?: boolean } = {},
) {
  const id = randomUUID();
  await harness.owner.query(
    'INSERT INTO "Tenant" (id, name, "realmName", "postgresDb", "mongoDb", "qdrantCollection", status) VALUES ($1, $2, $2, $2, $2, $2, $3)',
    [id, newName(), status],
  );
  if (more.isRegistered !== true)
    await harness.owner.query(
      `INSERT INTO "TenantOperation" (id, "tenantId", kind, state, "requestedBy", "endedAt", undoing, "fromStatus") VALUES ($1, $2, $3, $4, 'test', $5, $6, $7)`,
      [
        randomUUID(),
        id,
        more.running ?? 'create',
        more.state ?? (more.running === undefined ? 'done' : 'running'),
        more.running === undefined ? new Date() : null,
        more.undoing ?? false,
        more.isBegun === true ? status : null,
      ],
    );
  return id;
}

const hold = (id: string, body: object = HOLD) => harness.request('PUT', `/tenants/${id}/hold`, { body });
const unhold = (id: string) => harness.request('DELETE', `/tenants/${id}/hold`);
const protect = (id: string, deletionProtected = true) =>
  harness.request('PATCH', `/tenants/${id}`, { body: { deletionProtected } });
const remove = (id: string, query = '') => harness.request('DELETE', `/tenants/${id}${query}`);
const requestedFor = async (id: string) =>
  (
    await harness.owner.query<{ kind: string }>(
      `SELECT kind FROM "TenantOperation" WHERE "tenantId" = $1 AND "requestedBy" <> 'test'`,
      [id],
    )
  ).rows.map(({ kind }) => kind);
const HARD = ['?mode=hard', '?mode=hard&force=true'];
const ALL = ['', ...HARD];

test('a hold is shown with its reason, moved, and lifted; each as often as one likes', async () => {
  const id = await tenantIn('active');
  const held = await hold(id);
  expect(held).toMatchObject({ status: 200, body: { id, holdUntil: UNTIL, holdReason: 'case 4711' } });
  expect(held.headers.get('etag')).toBe((await harness.request('GET', `/tenants/${id}`)).headers.get('etag'));
  expect(await hold(id)).toMatchObject({ status: 200, body: { updatedAt: held.body['updatedAt'] } });
  const moved = { until: '2998-01-01T01:00:00+01:00', reason: 'case 4712' };
  expect(await hold(id, moved)).toMatchObject({
    status: 200,
    body: { holdUntil: '2998-01-01T00:00:00.000Z', holdReason: 'case 4712' },
  });
  for (let times = 0; times < 2; times++)
    expect(await unhold(id)).toMatchObject({ status: 200, body: { holdUntil: null, holdReason: null } });
});

test.each([
  ['without an end', { reason: 'case 4711' }, '/until', /missing/],
  ['without a reason', { until: UNTIL }, '/reason', /missing/],
  ['that is over', { ...HOLD, until: '2026-01-01T00:00:00Z' }, '/until', /in the future; it is 20/],
  ['without a zone', { ...HOLD, until: '2999-01-01T00:00:00' }, '/until', /with its zone/],
  ['until a day there is not', { ...HOLD, until: '2999-02-30T00:00:00Z' }, '/until', /date and time/],
  ['for a duration', { ...HOLD, until: '30d' }, '/until', /with its zone/],
  ['past what can be stored', { ...HOLD, until: '9999-12-31T23:59:59-01:00' }, '/until', /year 10000/],
  ['for what reads as another reason', { ...HOLD, reason: 'case \u202e1174' }, '/reason', /invisible/],
  ['for nobody knows what', { ...HOLD, reason: 'x' }, '/reason', /3 to 300/],
])('a hold %s is refused', async (_what, body, pointer, detail) => {
  const id = await tenantIn('active');
  expect(await hold(id, body)).toMatchObject({
    status: 400,
    body: { code: 'body-invalid', errors: [{ pointer, detail: expect.stringMatching(detail) }] },
  });
  expect((await harness.request('GET', `/tenants/${id}`)).body).toMatchObject({ holdUntil: null });
});

test('a hold is refused to who has seen another state, as any change is', async () => {
  const id = await tenantIn('active');
  const headers = { 'if-match': '"another"' };
  expect(await harness.request('PUT', `/tenants/${id}/hold`, { body: HOLD, headers })).toMatchObject({ status: 412 });
  expect(await harness.request('DELETE', `/tenants/${id}/hold`, { headers })).toMatchObject({ status: 412 });
});

describe.each(['active', 'suspended', 'deleted'])('a tenant that is %s', (status) => {
  test('is not hard-deleted while it is held, forced or not, and is once the hold is lifted', async () => {
    const id = await tenantIn(status);
    await hold(id);
    for (const query of HARD)
      expect(await remove(id, query)).toMatchObject({
        status: 409,
        body: { code: 'on-hold', detail: expect.stringContaining(`until ${UNTIL}: case 4711`) },
      });
    expect(await requestedFor(id)).toEqual([]);
    await unhold(id);
    expect(await remove(id, '?mode=hard&force=true')).toMatchObject({ status: 202 });
  });
});

describe.each(['active', 'suspended', 'deleted', 'provisioning'])('a tenant that is %s', (status) => {
  test('is not deleted in any way while it is protected, also where there would be nothing to do', async () => {
    const id = await tenantIn(status);
    expect(await protect(id)).toMatchObject({ status: 200 });
    await hold(id);
    for (const query of ALL)
      expect(await remove(id, query)).toMatchObject({ status: 409, body: { code: 'deletion-protected' } });
    expect(await requestedFor(id)).toEqual([]);
    await unhold(id);
    await protect(id, false);
    expect(await remove(id, '?mode=hard&force=true')).toMatchObject({ status: 202 });
  });
});

test('a held tenant can be soft-deleted, a protected one suspended, resumed and restored', async () => {
  const held = await tenantIn('active');
  await hold(held);
  expect(await remove(held)).toMatchObject({ status: 202 });
  for (const [status, action] of [
    ['active', 'suspend'],
    ['suspended', 'resume'],
    ['deleted', 'restore'],
  ] as const) {
    const id = await tenantIn(status);
    await protect(id);
    expect(await harness.request('POST', `/tenants/${id}/${action}`)).toMatchObject({ status: 202 });
  }
});

test('a hold that is over forbids nothing', async () => {
  const id = await tenantIn('active');
  await hold(id);
  await harness.owner.query(`UPDATE "Tenant" SET "holdUntil" = now() WHERE id = $1`, [id]);
  expect(await remove(id, '?mode=hard&force=true')).toMatchObject({ status: 202 });
});

test('a registration that is protected or held is not removed', async () => {
  const [isProtected, held] = [
    await tenantIn('active', { isRegistered: true }),
    await tenantIn('active', { isRegistered: true }),
  ];
  await protect(isProtected);
  await hold(held);
  expect(await remove(isProtected, '?mode=hard&force=true')).toMatchObject({
    status: 409,
    body: { code: 'deletion-protected' },
  });
  expect(await remove(held, '?mode=hard&force=true')).toMatchObject({ status: 409, body: { code: 'on-hold' } });
});

test('a deletion that interrupts another operation is refused as well', async () => {
  const id = await tenantIn('active', { running: 'suspend' });
  await protect(id);
  expect(await remove(id, '?mode=hard&force=true')).toMatchObject({
    status: 409,
    body: { code: 'deletion-protected' },
  });
});

test.each([
  ['is being created', 'not-active-yet', { running: 'create' }],
  ['was never completed', 'never-active', {}],
] as const)('a tenant that %s takes no hold, which its rollback would not keep', async (_what, code, more) => {
  const id = await tenantIn('provisioning', more);
  expect(await hold(id)).toMatchObject({ status: 409, body: { code } });
  expect((await harness.request('GET', `/tenants/${id}`)).body).toMatchObject({ holdUntil: null, holdReason: null });
  expect(await protect(id)).toMatchObject({ status: 200, body: { deletionProtected: true } });
  expect(await unhold(id)).toMatchObject({ status: 200 });
});

test('of a gone tenant nothing is protected: it is unknown', async () => {
  const id = await tenantIn('active');
  await protect(id);
  await hold(id);
  await harness.owner.query(`UPDATE "Tenant" SET "goneAt" = now(), status = 'deleted' WHERE id = $1`, [id]);
  for (const query of ALL) expect(await remove(id, query)).toMatchObject({ status: 404 });
  const kept = { deletionProtected: false, holdUntil: null, holdReason: null };
  const shown = await harness.request('GET', `/tenants/${id}`);
  expect(shown).toMatchObject({ status: 200, body: kept });
  const listed = await harness.request('GET', `/tenants?gone=true&name=${String(shown.body['name'])}`);
  expect(listed.body).toMatchObject({ items: [{ id, ...kept }] });
});

test.each([
  ['is being dropped', 'deleting', { running: 'hard_delete' }],
  ['is half dropped', 'deleting', {}],
  ['is rolled back while it is created', 'provisioning', { running: 'create', undoing: true }],
  ['waits for its forced deletion while it is created', 'provisioning', { running: 'hard_delete' }],
] as const)('a tenant that %s takes no promise to keep it: nothing is left to protect', async (_what, status, more) => {
  const id = await tenantIn(status, more);
  const tooLate = { status: 409, body: { code: 'being-deleted', detail: expect.stringContaining('nothing left') } };
  expect(await hold(id)).toMatchObject(tooLate);
  expect(await protect(id)).toMatchObject(tooLate);
  expect(await unhold(id)).toMatchObject({ status: 200 });
  expect(await protect(id, false)).toMatchObject({ status: 200 });
});

describe.each(['active', 'suspended'])('a tenant that is %s, and', (status) => {
  test.each(['running', 'parked'])(
    'whose soft delete has begun and is %s, takes no protection, which would not stop it; a hold, which keeps the data, it takes',
    async (state) => {
      const id = await tenantIn(status, { running: 'soft_delete', state, isBegun: true });
      expect(await protect(id)).toMatchObject({ status: 409, body: { code: 'being-soft-deleted' } });
      const both = { displayName: 'Acme', deletionProtected: true };
      expect(await harness.request('PATCH', `/tenants/${id}`, { body: both })).toMatchObject({ status: 409 });
      expect((await harness.request('GET', `/tenants/${id}`)).body).toMatchObject({
        displayName: null,
        deletionProtected: false,
      });
      expect(await protect(id, false)).toMatchObject({ status: 200 });
      expect(await hold(id)).toMatchObject({ status: 200, body: { holdUntil: UNTIL } });
    },
  );

  test.each([
    ['has not begun, which it then may not', { state: 'requested' }],
    ['is undone', { state: 'undoing', isBegun: true, undoing: true }],
    ['is undone, and parked at that', { state: 'parked', isBegun: true, undoing: true }],
  ] as const)('whose soft delete %s, takes protection', async (_what, more) => {
    const id = await tenantIn(status, { running: 'soft_delete', ...more });
    expect(await protect(id)).toMatchObject({ status: 200, body: { deletionProtected: true } });
  });
});

test('the same Idempotency-Key has the same answer, protected since or not', async () => {
  const id = await tenantIn('active');
  const headers = { 'idempotency-key': randomUUID() };
  const ask = () => harness.request('DELETE', `/tenants/${id}`, { headers });
  const first = await ask();
  await protect(id);
  expect(await ask()).toMatchObject({ status: 202, body: { operation: first.body['operation'] } });
});

describe('a hold and a deletion at once', () => {
  test('while the hold is not committed yet, the deletion waits for it, and is refused', async () => {
    const id = await tenantIn('suspended');
    const session = await harness.owner.connect();
    try {
      await session.query('BEGIN');
      await session.query(`UPDATE "Tenant" SET "holdUntil" = $2, "holdReason" = 'case 4711' WHERE id = $1`, [
        id,
        UNTIL,
      ]);
      const deletion = remove(id, '?mode=hard');
      await until('the deletion waits for the row', async () => {
        const { rows } = await harness.owner.query(
          `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database() AND query LIKE '%FOR SHARE%'`,
        );
        return rows.length > 0;
      });
      await session.query('COMMIT');
      expect(await deletion).toMatchObject({ status: 409, body: { code: 'on-hold' } });
      expect(await requestedFor(id)).toEqual([]);
    } finally {
      session.release();
    }
  });

  test('however they meet, both are answered, and what is refused leaves nothing', async () => {
    const rounds = await Promise.all(
      Array.from({ length: 30 }, async () => {
        const id = await tenantIn('suspended');
        const [held, removed] = await Promise.all([hold(id), remove(id, '?mode=hard')]);
        return { held: held.status, removed: removed.status, accepted: await requestedFor(id) };
      }),
    );
    // A deletion that was accepted first is for its first step to refuse.
    for (const { held, removed, accepted } of rounds) {
      expect(held).toBe(200);
      expect([removed, accepted]).toEqual(removed === 202 ? [202, ['hard_delete']] : [409, []]);
    }
  });
});
