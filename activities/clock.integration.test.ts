import { openActivityHarness, type ActivityHarness } from '../test/support/activity-harness';
import { asKeycloakAdmin } from '../test/support/outside';
import { REAL_TIMERS } from '../test/support/real-timers';
import { startProxy } from '../test/support/tcp-proxy';
import { until } from '../test/support/until';

const HOUR_MS = 3_600_000;
let harness: ActivityHarness;
beforeAll(async () => {
  harness = await openActivityHarness();
});
afterEach(() => {
  jest.useRealTimers();
});
afterAll(() => harness.close());

/** From now on this process, worker included, has another time than the servers. */
const jump = (ms: number) =>
  jest.useFakeTimers({ now: Date.now() + ms, advanceTimers: true, doNotFake: [...REAL_TIMERS] });
const secondsAgo = async (seconds: number) =>
  (await harness.db.$queryRaw<[{ at: Date }]>`SELECT now() - ${seconds}::int * interval '1 second' AS at`)[0].at;

describe.each([
  ['an hour ahead', HOUR_MS],
  ['an hour behind', -HOUR_MS],
])('a worker whose clock is %s', (_, ms) => {
  test('waits for a call without an answer as long as any other', async () => {
    const tenant = await harness.newTenant();
    await harness.run('qdrant.create', tenant);
    const where = { tenantId_kind: { tenantId: tenant.tenantId, kind: 'qdrant' as const } };
    const { callTimeoutMs } = harness.backends.find((it) => it.kind === 'qdrant') as { callTimeoutMs: number };
    // With no connection kept open: Qdrant closes one after 5 s, which is about as long as is waited here.
    const worker = harness.another();
    await harness.db.tenantResource.update({
      where,
      data: { callStartedAt: await secondsAgo(callTimeoutMs / 1_000 - 3) },
    });
    jump(ms);
    const startedAt = performance.now();
    await worker.run('qdrant.drop', tenant);
    const tookS = (performance.now() - startedAt) / 1_000;
    await worker.close();
    expect({ isTooEarly: tookS < 2, isTooLate: tookS > 20 }).toEqual({ isTooEarly: false, isTooLate: false });
  });

  test('writes down by the clock of the master database when a call began', async () => {
    const { hostname, port } = new URL(harness.info.qdrant.url);
    const proxy = await startProxy(hostname, Number(port));
    const worker = harness.another({ QDRANT_URL: `http://127.0.0.1:${proxy.port}` });
    const tenant = await harness.newTenant();
    const where = { tenantId_kind: { tenantId: tenant.tenantId, kind: 'qdrant' as const } };
    proxy.trouble({ kind: 'delay', ms: 500 });
    jump(ms);
    const creating = worker.run('qdrant.create', tenant);
    const startedAt = await until(
      'a call is in progress',
      async () => (await harness.db.tenantResource.findUnique({ where }))?.callStartedAt ?? undefined,
    );
    jest.useRealTimers();
    expect(Math.abs(startedAt.getTime() - Date.now())).toBeLessThan(60_000);
    proxy.trouble();
    await creating;
    await worker.run('qdrant.drop', tenant);
    await worker.close();
    await proxy.close();
  });

  test('writes down by the clock of the master database when a row was changed', async () => {
    const tenant = await harness.newTenant();
    jump(ms);
    await harness.run('activate', tenant);
    const rows = await harness.db.$queryRaw`
      SELECT abs(extract(epoch FROM t."updatedAt" - now())) < 60 AND abs(extract(epoch FROM o."updatedAt" - now())) < 60 AS "isNow"
        FROM "Tenant" t JOIN "TenantOperation" o ON o."tenantId" = t.id WHERE t.id = ${tenant.tenantId}::uuid`;
    expect(rows).toEqual([{ isNow: true }]);
  });

  test('keeps the data of a deleted tenant as long as any other', async () => {
    const tenant = await harness.newTenant('soft_delete');
    jump(ms);
    await harness.run('mark-soft-deleted', tenant);
    const [{ keptS }] = await harness.db.$queryRaw<[{ keptS: number }]>`
      SELECT extract(epoch FROM "purgeAt" - now())::float8 AS "keptS" FROM "Tenant" WHERE id = ${tenant.tenantId}::uuid`;
    // Of the harness's sixty.
    expect({ isTooLittle: keptS < 50, isTooMuch: keptS > 61 }).toEqual({ isTooLittle: false, isTooMuch: false });
  });

  test('refuses the tokens a realm has issued, by the clock of Keycloak', async () => {
    const tenant = await harness.newTenant();
    await harness.run('keycloak.create', tenant);
    jump(ms);
    await harness.run('keycloak.disable', tenant);
    jest.useRealTimers();
    const { body } = await asKeycloakAdmin(harness.info, 'GET', `/admin/realms/freeflow-${tenant.name}`);
    const aheadS = (body as { notBefore: number }).notBefore - Date.now() / 1_000;
    expect({ isAhead: aheadS > 20, isFarAhead: aheadS > 120 }).toEqual({ isAhead: true, isFarAhead: false });
    await harness.run('keycloak.drop', tenant);
  });
});
