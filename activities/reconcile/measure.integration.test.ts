import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BACKEND_KINDS } from '@freeflow/contract';
import { EVENT_DATA } from '@freeflow/contract/http';
import { openActivityHarness, type ActivityHarness } from '../../test/support/activity-harness';
import { fill } from '../../test/support/fingerprint';
import { asKeycloakAdmin, withMongo } from '../../test/support/outside';

type Tenant = Awaited<ReturnType<ActivityHarness['newTenant']>>;

const PLANS = `plans:
  tiny:
    postgres: { size: 1MB, connections: 10 }
    mongodb: { size: 1MB, objects: 5 }
    qdrant: { points: 2 }
    keycloak: { users: 3 }
`;

let folder: string;
let harness: ActivityHarness;
let tenant: Tenant;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'freeflow-usage-'));
  const file = path.join(folder, 'plans.yaml');
  writeFileSync(file, PLANS);
  harness = await openActivityHarness({ PLANS_FILE: file });
  tenant = await harness.newTenant();
  await harness.db.tenant.update({ where: { id: tenant.tenantId }, data: { plan: 'tiny' } });
  await Promise.all(BACKEND_KINDS.map((kind) => harness.run(`${kind}.create`, tenant)));
  await harness.run('activate', tenant);
  await fill(harness.info, tenant.name);
});
afterAll(async () => {
  await harness.close();
  rmSync(folder, { recursive: true });
});

const reconcile = () =>
  harness.run('reconcile', { ...tenant, runId: randomUUID() }, {}, { requestedBy: 'test', fix: false });

const usage = async () =>
  Object.fromEntries(
    (await harness.db.tenantUsage.findMany({ where: { tenantId: tenant.tenantId } })).map(
      ({ kind, measures, levels, percent }) => [kind, { measures, levels, percent }],
    ),
  );

const told = async () => {
  const rows = await harness.db.event.findMany({
    where: { tenantId: tenant.tenantId, type: 'tenant.usage-reached' },
    orderBy: { id: 'asc' },
  });
  return rows
    .map(({ data }) => EVENT_DATA['tenant.usage-reached'].parse(data))
    .map((it) => [it.backend, it.measure, it.percent]);
};

test('what a tenant uses is measured at every backend, and each limit that it comes to is told once', async () => {
  await reconcile();
  expect(await usage()).toEqual({
    postgres: {
      measures: { size: expect.any(Number), connections: 0 },
      levels: { size: 100 },
      percent: expect.any(Number),
    },
    // Two, and the note of ours.
    mongodb: { measures: { size: expect.any(Number), objects: 3, connections: 0 }, levels: {}, percent: 60 },
    qdrant: { measures: { points: 1 }, levels: {}, percent: 50 },
    // Its administrator, the customer, and the account of its own client is none.
    keycloak: { measures: { users: 2 }, levels: {}, percent: 66 },
  });
  const first = [['postgres', 'size', 100]];
  expect(await told()).toEqual(first);

  await reconcile();
  expect(await told()).toEqual(first);

  const realm = `/admin/realms/freeflow-${tenant.name}/users`;
  await asKeycloakAdmin(harness.info, 'POST', realm, { username: 'another', enabled: true });
  await withMongo(harness.info.mongodb.url, (client) =>
    client.db(`freeflow_${tenant.name}`).collection('things').insertOne({ n: 3 }),
  );
  await reconcile();
  expect((await told()).slice(1).map(String).toSorted()).toEqual(['keycloak,users,100', 'mongodb,objects,80']);
});

test('a suspended tenant is measured too; what it had before is told no more', async () => {
  const before = await told();
  const { id } = await harness.db.tenantOperation.create({
    data: { tenantId: tenant.tenantId, kind: 'suspend', state: 'running', requestedBy: 'test', runId: tenant.runId },
  });
  await harness.run('mongodb.disable', { ...tenant, operationId: id });
  await harness.run('suspend', { ...tenant, operationId: id });
  await reconcile();
  expect((await usage())['mongodb']).toMatchObject({ measures: { size: expect.any(Number) } });
  expect(await told()).toEqual(before);
});

test('of a tenant that is gone nothing is kept', async () => {
  const { id } = await harness.db.tenantOperation.create({
    data: {
      tenantId: tenant.tenantId,
      kind: 'hard_delete',
      state: 'running',
      requestedBy: 'test',
      runId: tenant.runId,
    },
  });
  const last = { ...tenant, operationId: id };
  await Promise.all(BACKEND_KINDS.map((kind) => harness.run(`${kind}.drop`, last)));
  await harness.run('mark-gone', last, {}, { skipped: {} });
  expect(await usage()).toEqual({});
});
