import { randomUUID } from 'node:crypto';
import { newName } from '../test/support/activity-harness';
import { openApiBench, type ApiBench } from '../test/support/api-bench';
import { auditedRows, type AuditedRow } from '../test/support/audit';
import { describedRoutes } from '../test/support/described-routes';
import type { Answer } from '../test/support/installation';
import { until } from '../test/support/until';
import { insertDelivery, insertWebhook } from '../test/support/webhooks';

let bench: ApiBench;

beforeAll(async () => {
  bench = await openApiBench({ WEBHOOK_ALLOWED_NETWORKS: '192.0.2.0/24' });
});
afterAll(() => bench.close());

/** A tenant as a workflow would leave it, since here is no worker. */
async function tenantIn(status: string, holdUntil: string | null = null): Promise<string> {
  const id = randomUUID();
  await bench.owner.query(
    'INSERT INTO "Tenant" (id, name, "realmName", "postgresDb", "mongoDb", "qdrantCollection", status, "holdUntil") VALUES ($1, $2, $2, $2, $2, $2, $3, $4)',
    [id, newName(), status, holdUntil],
  );
  await bench.owner.query(
    'INSERT INTO "TenantOperation" (id, "tenantId", kind, state, "requestedBy", "endedAt") VALUES (gen_random_uuid(), $1, \'create\', \'done\', \'test\', now())',
    [id],
  );
  return id;
}
/** One whose create has a run that no worker takes up. */
const openTenant = async () => (await bench.request('POST', '/tenants', { body: { name: newName() } })).body.id ?? '';
const post = (path: string, body?: unknown) => bench.request('POST', path, { body });
const rowsOf = (where: Partial<AuditedRow>) => auditedRows(bench.owner, where);

/** Every route that needs a token. */
const securedRoutes = () => describedRoutes(bench.app).filter(({ isSecured }) => isSecured);

const RECEIVER = 'https://192.0.2.1';
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
/** An upgrade of the fleet that is under way; there is one at a time. */
async function openFleet(): Promise<string> {
  await bench.owner.query('UPDATE "FleetUpgrade" SET "endedAt" = now()');
  const { rows } = await bench.owner.query<{ id: string }>(
    `INSERT INTO "FleetUpgrade" (version, canary, concurrency, "pauseOnFailures", "requestedBy") VALUES (1, 1, 1, 1, 'test') RETURNING id`,
  );
  return rows[0]?.id ?? '';
}
/** One after the other: each needs that no other one is under way. */
let before: Promise<unknown> = Promise.resolve();
function inTurn(call: () => Promise<Answer>): Promise<Answer> {
  const own = before.then(call);
  before = own.catch(() => undefined);
  return own;
}
const webhook = () => insertWebhook(bench.owner, RECEIVER);

const UPDATE = { displayName: 'Acme', labels: { tier: 'gold' }, deletionProtected: true };
const HOLD = { until: '2099-01-01T00:00:00.000Z', reason: 'legal matter' };

/** One accepted call of every route that changes something; `beyond`: what it does is not in the database's hands. */
const CALLS: Record<string, { call: () => Promise<Answer>; beyond?: true; status?: 200 | 201 | 204; detail?: object }> =
  {
    'tenants.update': {
      call: async () => bench.request('PATCH', `/tenants/${await tenantIn('active')}`, { body: UPDATE }),
      status: 200,
      detail: { changed: ['displayName', 'labels'], deletionProtected: true },
    },
    'tenants.hold': {
      call: async () => bench.request('PUT', `/tenants/${await tenantIn('active')}/hold`, { body: HOLD }),
      status: 200,
      detail: { holdUntil: HOLD.until, holdReason: HOLD.reason },
    },
    'tenants.release-hold': {
      call: async () => bench.request('DELETE', `/tenants/${await tenantIn('active', '2099-01-01')}/hold`),
      status: 200,
      detail: { holdUntil: null },
    },
    'tenants.create': { call: () => post('/tenants', { name: newName() }) },
    'tenants.suspend': { call: async () => post(`/tenants/${await tenantIn('active')}/suspend`) },
    'tenants.resume': { call: async () => post(`/tenants/${await tenantIn('suspended')}/resume`) },
    'tenants.restore': { call: async () => post(`/tenants/${await tenantIn('deleted')}/restore`) },
    'tenants.adopt': {
      call: async () => post(`/tenants/${await tenantIn('active')}/adopt`, { backend: 'qdrant' }),
      detail: { backend: 'qdrant', acceptServer: false },
    },
    'tenants.delete': {
      call: async () => bench.request('DELETE', `/tenants/${await tenantIn('active')}?mode=hard&force=true`),
      detail: { mode: 'hard', force: 'true' },
    },
    'tenants.retry': { call: async () => post(`/tenants/${await openTenant()}/retry`), beyond: true },
    'tenants.abort': {
      call: async () => post(`/tenants/${await openTenant()}/abort`, { reason: 'by mistake' }),
      beyond: true,
      detail: { reason: 'by mistake' },
    },
    'tenants.skip': {
      call: async () => post(`/tenants/${await openTenant()}/skip`, { reason: 'token=hunter22 is lost' }),
      beyond: true,
      detail: { reason: 'token=*** is lost' },
    },
    'tenants.retry-all': {
      call: () => post('/tenants/retry', { step: 'qdrant.create' }),
      beyond: true,
      detail: { step: 'qdrant.create', tenants: 0 },
    },
    'webhooks.create': {
      call: () =>
        post('/webhooks', {
          url: `${RECEIVER}/hunter22?token=hunter22`,
          secret: SECRET,
          eventTypes: ['operation.ended'],
        }),
      status: 201,
      detail: { url: RECEIVER, eventTypes: ['operation.ended'] },
    },
    'webhooks.update': {
      call: async () => bench.request('PATCH', `/webhooks/${await webhook()}`, { body: { enabled: false } }),
      status: 200,
      detail: { url: RECEIVER, enabled: false },
    },
    'webhooks.rotate-secret': {
      call: async () => post(`/webhooks/${await webhook()}/rotate-secret`, { secret: SECRET, overlapSeconds: 60 }),
      status: 200,
      detail: { url: RECEIVER, overlapSeconds: 60 },
    },
    'webhooks.delete': {
      call: async () => bench.request('DELETE', `/webhooks/${await webhook()}`),
      status: 204,
      detail: { url: RECEIVER },
    },
    'webhooks.ping': { call: async () => post(`/webhooks/${await webhook()}/ping`), detail: { url: RECEIVER } },
    'webhooks.redeliver-all': {
      call: async () => post(`/webhooks/${await webhook()}/redeliver`, { since: '2026-11-27T06:00:00Z' }),
      detail: { url: RECEIVER, since: '2026-11-27T06:00:00Z', redelivered: 0 },
    },
    'webhooks.redeliver': {
      call: async () => {
        const id = await webhook();
        return post(`/webhooks/${id}/deliveries/${await insertDelivery(bench.owner, id, 'failed')}/redeliver`);
      },
      detail: { url: RECEIVER },
    },
    'webhooks.give-up': {
      call: async () => {
        const id = await webhook();
        return post(`/webhooks/${id}/deliveries/${await insertDelivery(bench.owner, id, 'failed')}/give-up`);
      },
      status: 200,
      detail: { url: RECEIVER },
    },
    'tenants.rotate': { call: async () => post(`/tenants/${await tenantIn('active')}/rotate`) },
    'tenants.upgrade': { call: async () => post(`/tenants/${await tenantIn('active')}/upgrade`) },
    'fleet.upgrade': {
      call: () =>
        inTurn(async () => {
          await bench.owner.query(
            `UPDATE "FleetUpgrade" SET "endedAt" = now(); INSERT INTO "Blueprint" (version, checksum, files) VALUES (1, 'x', '[]') ON CONFLICT DO NOTHING`,
          );
          return post('/fleet/upgrades', { only: ['tier:none'] });
        }),
      detail: { version: 1, only: ['tier:none'] },
    },
    ...Object.fromEntries(
      (['pause', 'resume', 'cancel', 'retry'] as const).map((it) => [
        `fleet.${it}`,
        { call: () => inTurn(async () => post(`/fleet/upgrades/${await openFleet()}/${it}`)) },
      ]),
    ),
    'reconcile.start': { call: () => post('/reconcile', { fix: true }), beyond: true, detail: { fix: true } },
    'resources.drop': {
      call: () => post('/resources/drop', { backend: 'qdrant', name: newName(), externalId: 'x' }),
      beyond: true,
      detail: { backend: 'qdrant', externalId: 'x' },
    },
  };

/** It needs a worker: test/e2e/reveal.e2e.test.ts. */
const ELSEWHERE = ['tenants.reveal'];

test('every route that changes something is tried here: a new one needs a line', () => {
  const changing = securedRoutes().filter(({ method, action }) => method !== 'GET' && !ELSEWHERE.includes(action));
  expect(changing.map(({ action }) => action).toSorted()).toEqual(Object.keys(CALLS).toSorted());
});

test('every route has a name of its own', () => {
  const names = securedRoutes().map(({ action }) => action);
  expect(new Set(names).size).toBe(names.length);
});

describe('a change that is accepted is in the audit trail, with who, from where and what', () => {
  // Side by side: an answer waits seconds for a worker that there is not.
  const seen = new Map<string, Promise<{ status: number; id: string; rows: AuditedRow[] }>>();
  beforeAll(() => {
    for (const [action, { call, beyond }] of Object.entries(CALLS)) {
      const trying = call().then(async ({ status, body }) => {
        const subject = body.name === undefined ? { action } : { action, tenantId: body.id ?? '' };
        const rows = await until(`${action} is written down`, async () => {
          const found = await rowsOf(subject);
          return found.length === (beyond === true ? 2 : 1) ? found : undefined;
        });
        return { status, id: body.id ?? '', rows };
      });
      trying.catch(() => undefined);
      seen.set(action, trying);
    }
  });

  test.each(Object.entries(CALLS))('%s', async (action, { beyond, status = 202, detail }) => {
    const found = await seen.get(action);
    expect(found?.status).toBe(status);
    const [row] = found?.rows ?? [];
    const common = {
      actor: 'somebody',
      channel: 'api',
      address: '127.0.0.1',
      userAgent: 'node',
      count: 1,
      requestId: expect.any(String),
      ...(detail === undefined ? {} : { detail }),
    };
    const accepted = { ...common, outcome: 'accepted', status, code: null };
    const begun = { ...common, outcome: 'begun', status: null };
    const expected = beyond === true ? [begun, { ...accepted, requestId: row?.requestId }] : [accepted];
    const isAboutTenant = action.startsWith('tenants.') && action !== 'tenants.retry-all';
    const tenant = {
      tenantId: found?.id,
      tenantName: expect.stringMatching(/^[a-z0-9]+$/),
    };
    // What is done at once is no operation.
    expect(found?.rows.every(({ operationId }) => (operationId !== null) === (isAboutTenant && status === 202))).toBe(
      true,
    );
    expect(found?.rows).toMatchObject(expected.map((it) => (isAboutTenant ? { ...it, ...tenant } : it)));
  });
});

test('a request that is sent again under its key has done nothing, and adds nothing', async () => {
  const [name, key] = [newName(), randomUUID()];
  const send = () => bench.request('POST', '/tenants', { body: { name }, headers: { 'idempotency-key': key } });
  const { body } = await send();
  await send();
  expect(await rowsOf({ tenantId: body.id ?? '' })).toHaveLength(1);
});

describe('a refused call is in the audit trail', () => {
  test.each([
    ['without a token', null, 401, 'unauthenticated'],
    [
      'without the permission',
      { permissions: ['*'], sub: 'stranger', preferred_username: 'Stranger' },
      403,
      'forbidden',
    ],
  ] as const)('%s: at routes that read, too', async (_what, claims, status, code) => {
    const token = claims === null ? null : await bench.issuer.token({ ...claims, permissions: ['*'] });
    const agent = `test ${code}`;
    for (const [method, path] of [
      ['GET', '/reconcile'],
      ['POST', `/tenants/${randomUUID()}/suspend`],
    ] as const)
      expect((await bench.request(method, path, { token, headers: { 'user-agent': agent } })).status).toBe(status);
    const rows = await until('both are written down', async () => {
      const found = await rowsOf({ userAgent: agent });
      return found.length === 2 ? found : undefined;
    });
    expect(rows.map(({ action }) => action).toSorted()).toEqual(['reconcile.last', 'tenants.suspend']);
    const actor = claims === null ? { actor: null, tenantId: null } : { actor: 'stranger', actorName: 'Stranger' };
    for (const row of rows)
      expect(row).toMatchObject({ ...actor, address: '127.0.0.1', outcome: 'refused', status, code });
  });

  test('409, with the name that was asked for; and of a tenant, with its own', async () => {
    const name = newName();
    const { body } = await post('/tenants', { name });
    expect((await post('/tenants', { name })).status).toBe(409);
    expect((await post(`/tenants/${body.id ?? ''}/suspend`)).status).toBe(409);
    const rows = await until('both are written down', async () => {
      const found = (await rowsOf({ tenantName: name })).filter(({ outcome }) => outcome === 'refused');
      return found.length === 2 ? found : undefined;
    });
    expect(rows).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ action: 'tenants.create', code: 'tenant-name-taken', tenantId: null }),
        expect.objectContaining({ action: 'tenants.suspend', code: 'operation-in-progress', tenantId: body.id }),
      ]),
    );
  });

  test('422, a key that is used for something else', async () => {
    const [headers, agent] = [{ 'idempotency-key': randomUUID() }, `test ${randomUUID()}`];
    const send = (name: string) =>
      bench.request('POST', '/tenants', { body: { name }, headers: { ...headers, 'user-agent': agent } });
    await send(newName());
    expect((await send(newName())).status).toBe(422);
    await until('it is written down', async () =>
      (await rowsOf({ userAgent: agent })).some(({ code }) => code === 'idempotency-key-reused'),
    );
  });
});

test('no secret, token or body as it came is in the audit trail', async () => {
  const token = await bench.issuer.token({ sub: 'password=hunter22' });
  const agent = `curl/8 authorization=hunter22 ${'x'.repeat(2_000)}`;
  await bench.request('POST', '/tenants', { token, body: { name: newName() }, headers: { 'user-agent': agent } });
  await bench.request('GET', '/tenants', { token: 'hunter22', headers: { 'user-agent': agent } });
  await until(
    'both are written down',
    async () => (await rowsOf({})).filter(({ userAgent }) => userAgent?.startsWith('curl/8')).length === 2,
  );
  const { rows } = await bench.owner.query<{ text: string }>('SELECT a::text AS text FROM "AuditEvent" a');
  const texts = rows.map(({ text }) => text);
  expect(texts.filter((it) => /hunter22|Bearer|eyJ/.test(it) || it.length > 2_000)).toEqual([]);
});

test('a flood of refused calls adds two rows, one of them with their number', async () => {
  const other = await openApiBench();
  const FLOOD = 400;
  try {
    for (let at = 0; at < FLOOD; at += 50)
      await Promise.all(Array.from({ length: 50 }, () => other.request('GET', '/tenants/stuck', { token: null })));
    await other.app.close();
    const rows = await auditedRows(other.owner, { action: 'tenants.stuck' });
    expect(rows.map(({ count, windowSeconds }) => ({ count, windowSeconds }))).toEqual([
      { count: 1, windowSeconds: null },
      { count: FLOOD - 1, windowSeconds: 300 },
    ]);
  } finally {
    await other.close();
  }
});

describe('where the audit trail can not be written', () => {
  beforeAll(() => bench.owner.query('REVOKE INSERT ON "AuditEvent" FROM freeflow_api'));
  afterAll(() => bench.owner.query('GRANT INSERT ON "AuditEvent" TO freeflow_api'));

  test.each(Object.entries(CALLS).filter(([action]) => !/^tenants\.(retry|abort|skip)$/.test(action)))(
    '%s is not done',
    async (_action, { call }) => {
      const countChanges = async () =>
        (
          await bench.owner.query<{ n: number }>(
            `SELECT (SELECT count(*) FROM "TenantOperation" WHERE "requestedBy" = 'somebody')::int
                  + (SELECT count(*) FROM "Tenant" WHERE "displayName" IS NOT NULL OR "holdReason" IS NOT NULL)::int
                  + (SELECT count(*) FROM "Webhook" WHERE state = 'disabled' OR "createdBy" = 'somebody')::int
                  + (SELECT count(*) FROM "WebhookDelivery" WHERE state = 'waiting')::int AS n`,
          )
        ).rows[0]?.n;
      const before = await countChanges();
      expect((await call()).status).toBe(500);
      expect(await countChanges()).toBe(before);
    },
  );

  test('an answer is not given', async () => {
    await bench.owner.query('GRANT INSERT ON "AuditEvent" TO freeflow_api');
    const id = await openTenant();
    const run = bench.operator.client.workflow.getHandle(`tenant-${id}`);
    const before = await until('its run is there', () => run.describe());
    await bench.owner.query('REVOKE INSERT ON "AuditEvent" FROM freeflow_api');
    expect((await post(`/tenants/${id}/retry`)).status).toBe(500);
    expect((await run.describe()).historyLength).toBe(before.historyLength);
  });

  test('who is refused is refused as ever', async () => {
    expect((await bench.request('GET', '/tenants', { token: null })).status).toBe(401);
  });
});

describe('GET /audit', () => {
  const get = async (query: string) => {
    const { status, body } = await bench.request('GET', `/audit${query}`);
    return { status, body, items: (body['items'] ?? []) as AuditedRow[] };
  };

  test('shows one tenant by id or by name, and what is its own alone', async () => {
    const name = newName();
    const { body } = await post('/tenants', { name });
    await post(`/tenants/${body.id ?? ''}/suspend`);
    await until('all is written down', async () => (await rowsOf({ tenantName: name })).length === 2);
    for (const tenant of [name, body.id ?? '', (body.id ?? '').toUpperCase()]) {
      const { items } = await get(`?tenant=${tenant}`);
      expect(items.map(({ action, outcome }) => [action, outcome])).toEqual([
        ['tenants.suspend', 'refused'],
        ['tenants.create', 'accepted'],
      ]);
    }
    expect((await get(`?tenant=${name}&action=tenants.create`)).items).toHaveLength(1);
    expect((await get(`?tenant=${name}&actor=nobody`)).items).toEqual([]);
    expect((await get(`?tenant=${name}&since=${new Date(Date.now() + 3_600_000).toISOString()}`)).items).toEqual([]);
    expect((await get(`?tenant=${name}&since=2026-01-01T00:00:00%2B05:30`)).items).toHaveLength(2);
  });

  test('goes through all of it page by page, newest first, each row once', async () => {
    const actor = `pages-${randomUUID()}`;
    const token = await bench.issuer.token({ sub: actor });
    for (let at = 0; at < 5; at++) await bench.request('POST', '/tenants', { token, body: { name: newName() } });
    const seen: { id: string; at: string }[] = [];
    for (let cursor = ''; ;) {
      const { body } = await get(`?actor=${actor}&limit=2${cursor}`);
      const page = body as unknown as { items: { id: string; at: string }[]; nextCursor: string | null };
      seen.push(...page.items);
      if (page.nextCursor === null) break;
      cursor = `&cursor=${page.nextCursor}`;
    }
    expect(new Set(seen.map(({ id }) => id)).size).toBe(5);
    expect(seen.map(({ at }) => at)).toEqual(
      seen
        .map(({ at }) => at)
        .toSorted()
        .toReversed(),
    );
  });

  test.each([
    ['?action=tenants', 'action'],
    ['?since=yesterday', 'since'],
    ['?since=0001-01-01T00:00:00Z', 'since'],
    ['?cursor=nonsense', 'cursor'],
    ['?limit=501', 'limit'],
    ['?who=me', 'who'],
  ])('refuses %s with the name of the parameter', async (query, parameter) => {
    expect(await get(query)).toMatchObject({ status: 400, body: { errors: [{ parameter }] } });
  });
});
