import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { newName } from '../test/support/activity-harness';
import { openApiBench, type ApiBench } from '../test/support/api-bench';
import { auditedRows, type AuditedRow } from '../test/support/audit';
import { until } from '../test/support/until';

const LIMIT_UNKNOWN = 5;
let bench: ApiBench;
beforeAll(async () => {
  bench = await openApiBench({ API_RATE_LIMIT_UNKNOWN: String(LIMIT_UNKNOWN) });
});
afterAll(() => bench.close());

/** Sends requests at once over one connection, which it resets before it can have an answer. */
async function sendAndReset(requests: { method: string; path: string; token?: string }[]): Promise<void> {
  const client = connect(Number(new URL(bench.url).port), '127.0.0.1');
  const [[taken]] = (await Promise.all([once(bench.app.server, 'connection'), once(client, 'connect')])) as [
    [Socket],
    unknown,
  ];
  // Not once(): it is told of the error first.
  const isOver = new Promise((resolve) => taken.on('close', resolve));
  const texts = requests.map(({ method, path, token }) =>
    [
      `${method} ${path} HTTP/1.1`,
      'host: x',
      'user-agent: gone',
      ...(token === undefined ? [] : [`authorization: Bearer ${token}`]),
      '\r\n',
    ].join('\r\n'),
  );
  client.write(texts.join(''), () => client.resetAndDestroy());
  await isOver;
}

async function newTenant(isProtected = false): Promise<string> {
  const id = randomUUID();
  await bench.owner.query(
    `INSERT INTO "Tenant" (id, name, "realmName", "postgresDb", "mongoDb", "qdrantCollection", status, "deletionProtected")
     VALUES ($1, $2, $2, $2, $2, $2, 'active', $3)`,
    [id, newName(), isProtected],
  );
  await bench.owner.query(
    `INSERT INTO "TenantOperation" (id, "tenantId", kind, state, "requestedBy", "endedAt") VALUES (gen_random_uuid(), $1, 'create', 'done', 'test', now())`,
    [id],
  );
  return id;
}
const findRows = (where: Partial<AuditedRow>, count: number) =>
  until('it is written down', async () => {
    const rows = await auditedRows(bench.owner, where);
    return rows.length === count ? rows : undefined;
  });

describe('of a client that is gone before it is answered', () => {
  test('a refusal is in the audit trail, with its address', async () => {
    const [id, token] = [await newTenant(true), await bench.issuer.token({ sub: 'gone' })];
    await sendAndReset([{ method: 'DELETE', path: `/tenants/${id}?mode=hard`, token }]);
    expect(await findRows({ tenantId: id }, 1)).toMatchObject([
      { action: 'tenants.delete', actor: 'gone', address: '127.0.0.1', outcome: 'refused', status: 409 },
    ]);
  });

  test('each of several refusals on one connection is, and each request is counted once', async () => {
    const token = await bench.issuer.token({ sub: 'in a row' });
    const ids = [await newTenant(true), await newTenant(true), await newTenant(true)];
    const before = await countGone();
    await sendAndReset(ids.map((id) => ({ method: 'DELETE', path: `/tenants/${id}?mode=hard`, token })));
    for (const tenantId of ids)
      expect(await findRows({ tenantId }, 1)).toMatchObject([{ actor: 'in a row', address: '127.0.0.1' }]);
    expect(await countGone()).toBe(before + ids.length);
  });

  test('a change that is accepted has its address', async () => {
    const id = await newTenant();
    await sendAndReset([{ method: 'POST', path: `/tenants/${id}/suspend`, token: await bench.issuer.token() }]);
    expect(await findRows({ tenantId: id }, 1)).toMatchObject([{ outcome: 'accepted', address: '127.0.0.1' }]);
  });

  test('how it went is in the audit trail where something was begun', async () => {
    const token = await bench.issuer.token({ sub: 'reconciler' });
    await sendAndReset([{ method: 'POST', path: '/reconcile', token }]);
    const rows = await findRows({ actor: 'reconciler' }, 2);
    expect(rows).toMatchObject([
      { outcome: 'begun', address: '127.0.0.1' },
      { outcome: 'accepted', address: '127.0.0.1' },
    ]);
  });

  test('a request without a valid token is counted for its address', async () => {
    for (let at = 0; at < LIMIT_UNKNOWN; at++) await sendAndReset([{ method: 'GET', path: '/tenants' }]);
    expect((await bench.request('GET', '/tenants', { token: null })).status).toBe(429);
  });
});

/** How many requests to delete are counted as those of clients that were gone. */
async function countGone(): Promise<number> {
  const { text } = await bench.request('GET', '/metrics', { token: null });
  const series = 'freeflow_http_requests_total{route="/tenants/:id",method="DELETE",status="499"} ';
  const line = text.split('\n').find((it) => it.startsWith(series));
  return Number(line?.slice(series.length) ?? 0);
}
