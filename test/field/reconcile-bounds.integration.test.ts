import { randomUUID } from 'node:crypto';
import { tenantNames, type BackendKind } from '@freeflow/contract';
import type { Finding } from '@freeflow/contract/http';
import { createSecretStore, readSecretKeys } from '@freeflow/lib/secrets';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { Installation } from '../../activities/installation';
import { Ledger } from '../../activities/ledger';
import { reconcileActivities } from '../../activities/reconcile';
import { TenantLock } from '../../activities/tenant-lock';
import type { Backend, Target } from '../../backends/backend';
import { newName, openActivityHarness, type ActivityHarness } from '../support/activity-harness';
import { until } from '../support/until';
import { workerBehind } from '../support/worker-behind';

interface Report {
  counts: Record<string, number>;
  findings: Finding[];
  goesOnAt: Record<string, string>;
}

let harness: ActivityHarness;
let lock: TenantLock;
beforeEach(async () => {
  harness = await openActivityHarness();
  lock = new TenantLock(await lockUrl());
});
afterEach(async () => {
  await lock.close();
  await harness.close();
});

const lockUrl = async () => {
  const url = new URL(harness.info.masterDatabase.workerUrl);
  url.pathname = `/${harness.database}`;
  return url.href;
};

const backendOf = (kind: BackendKind, of = harness): Backend => {
  const backend = of.backends.find((it) => it.kind === kind);
  if (backend === undefined) throw new Error(kind);
  return backend;
};

/** The real one, which tells before it looks for something. */
const watchBackend = (backend: Backend, onLook: (name: string) => Promise<void>): Backend =>
  Object.assign(Object.create(backend) as Backend, {
    inspect: async (target: Target) => {
      await onLook(target.name);
      return backend.inspect(target);
    },
  });

/** One attempt of a reconciliation, as a worker makes it. */
function reconcile(
  backends: Backend[],
  {
    reconcileMs,
    runId = randomUUID(),
    holder = lock,
    kept,
  }: { reconcileMs?: number; runId?: string; holder?: TenantLock; kept?: unknown } = {},
) {
  const { db, info } = harness;
  const installation = new Installation(db);
  const secrets = createSecretStore(db, readSecretKeys(info.secretsKey));
  const activities = reconcileActivities({
    db,
    secrets,
    lock: holder,
    backends,
    plans: new Map(),
    installation,
    ledger: new Ledger(db, installation),
    reconcileMs,
    startOperation: async () => 'started',
    hasOpenRun: async () => true,
  });
  const environment = new MockActivityEnvironment(
    { workflowExecution: { workflowId: 'reconcile', runId }, heartbeatDetails: kept },
    { logger: new DefaultLogger('ERROR') },
  );
  const beats: { checked: number }[] = [];
  environment.on('heartbeat', (it: { checked: number } | undefined) => it !== undefined && beats.push(it));
  const report = async (): Promise<Report> => {
    await environment.run(() => activities.reconcile({ requestedBy: 'test', fix: false }));
    return (await db.reconcileReport.findUniqueOrThrow({ where: { id: runId } })) as unknown as Report;
  };
  return { report, beats, cancel: () => environment.cancel() };
}

/** So many collections that the ledger calls present; there are none. */
async function missingCollections(count: number): Promise<string[]> {
  const serverId = await backendOf('qdrant').serverId();
  const names = Array.from({ length: count }, () => newName());
  await harness.db.tenant.createMany({
    data: names.map((name) => ({ name, ...tenantNames(name), status: 'active' as const })),
  });
  const tenants = await harness.db.tenant.findMany({ where: { name: { in: names } } });
  await harness.db.tenantResource.createMany({
    data: tenants.map(({ id, qdrantCollection }) => ({
      tenantId: id,
      kind: 'qdrant' as const,
      name: qdrantCollection,
      nonce: randomUUID(),
      state: 'present' as const,
      serverId,
    })),
  });
  return tenants.map((it) => it.qdrantCollection).sort();
}

test('a reconciliation whose time is over reports what it has and what it has not looked at; the next ones go on there, round and round, until all were looked at', async () => {
  const all = await missingCollections(60);
  const seen: string[] = [];
  for (let runs = 0; new Set(seen).size < all.length; runs++) {
    const before = seen.length;
    const timeMs = 1_500;
    const startedAt = performance.now();
    // At the latest then it takes so long that the time is over.
    const slow = watchBackend(backendOf('qdrant'), async (name) => {
      if (seen.push(name) - before >= 22)
        await until('the time is over', async () => performance.now() - startedAt > 2 * timeMs);
    });
    const { counts, findings } = await reconcile([slow], { reconcileMs: timeMs }).report();
    const looked = seen.length - before;
    expect(counts).toMatchObject({ resources: looked, missing: looked, notChecked: all.length - looked });
    expect(findings.map((it) => it.what)).toContain(
      `out of time, ${all.length - looked} not checked; the next reconciliation continues there`,
    );
    expect(runs).toBeLessThan(30);
  }
  // None a second time before each has had its first.
  expect(new Set(seen.slice(0, all.length)).size).toBe(all.length);
  const whole = await reconcile([backendOf('qdrant')]).report();
  expect(whole.counts).toMatchObject({ resources: all.length, missing: all.length, notChecked: 0 });
  expect(whole.findings.map((it) => it.name)).toEqual(all);
  expect(whole.goesOnAt).toEqual({});
});

test('an attempt that is given up in the middle is gone on with where it was, and the report is one', async () => {
  const all = await missingCollections(120);
  const seen: string[] = [];
  const runId = randomUUID();
  const first = reconcile(
    [
      watchBackend(backendOf('qdrant'), async (name) => {
        if (seen.push(name) !== 80) return;
        await until('its heartbeat tells of the first page', async () => first.beats.at(-1)?.checked === 50);
        first.cancel();
      }),
    ],
    { runId },
  );
  await expect(first.report()).rejects.toBeInstanceOf(Error);
  expect(await harness.db.reconcileReport.count()).toBe(0);
  const again: string[] = [];
  const { counts, findings } = await reconcile(
    [watchBackend(backendOf('qdrant'), async (name) => void again.push(name))],
    {
      runId,
      kept: first.beats.at(-1),
    },
  ).report();
  expect(counts).toMatchObject({ resources: all.length, missing: all.length, notChecked: 0 });
  expect(findings.map((it) => it.name)).toEqual(all);
  // The page of fifty before that was kept.
  expect(again.length).toBe(70);
  // Its answer may have got lost: it is not done again.
  again.length = 0;
  await reconcile([watchBackend(backendOf('qdrant'), async (name) => void again.push(name))], { runId }).report();
  expect(again).toEqual([]);
});

test('one at a time: another one, of whichever worker, waits for its turn, and what it fails with is repeated', async () => {
  await missingCollections(1);
  const another = new TenantLock(await lockUrl());
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  let isInside = false;
  const first = reconcile([
    watchBackend(backendOf('qdrant'), async () => {
      isInside = true;
      await held;
    }),
  ]).report();
  await until('the first is in progress', async () => isInside);
  for (const holder of [lock, another])
    await expect(reconcile([], { holder }).report()).rejects.toMatchObject({ type: 'lock-busy' });
  const waiting = reconcile([], { holder: another }).report();
  release();
  expect((await first).counts).toMatchObject({ resources: 1 });
  expect((await waiting).counts).toMatchObject({ resources: 0 });
  await another.close();
});

test('a server that gives no answer any more is reported once, and delays nothing else; what it left out is counted', async () => {
  const all = await missingCollections(80);
  const { worker, proxy, close } = await workerBehind(harness, 'qdrant');
  let looks = 0;
  const { counts, findings } = await reconcile([
    watchBackend(backendOf('qdrant', worker), async () => {
      if (++looks === 20) proxy.shut();
    }),
  ]).report();
  await close();
  expect(findings.filter((it) => it.name === null).map((it) => [it.class, it.backend])).toEqual([
    ['unknown', 'qdrant'],
  ]);
  // Some were in progress, each of which is tried three times.
  expect(looks).toBeLessThan(70);
  expect(counts['resources']).toBeGreaterThanOrEqual(15);
  expect((counts['resources'] ?? 0) + (counts['notChecked'] ?? 0)).toBe(all.length);
  // The next one comes to an end with those that were left out.
  expect((await reconcile([backendOf('qdrant')]).report()).counts).toMatchObject({
    resources: all.length,
    notChecked: 0,
  });
});

test('Keycloak is queried for a portion of all tenants, gone ones included, each time, and for each once in a while; what was found stays in the reports', async () => {
  const long = new Date(Date.now() - 90 * 24 * 3_600_000);
  const left = await harness.newTenant();
  await harness.run('keycloak.create', left);
  await harness.db.tenantResource.updateMany({ where: { tenantId: left.tenantId }, data: { state: 'absent' } });
  await harness.db.tenant.update({ where: { id: left.tenantId }, data: { goneAt: long, status: 'deleted' } });
  await harness.db.tenantOperation.updateMany({ data: { state: 'done', endedAt: long } });
  const names = Array.from({ length: 205 }, () => newName());
  await harness.db.tenant.createMany({
    data: names.map((name) => ({ name, ...tenantNames(name), status: 'deleted' as const, goneAt: long })),
  });
  const fresh = newName();
  await harness.db.tenant.create({
    data: { name: fresh, ...tenantNames(fresh), status: 'deleted', goneAt: new Date() },
  });

  const keycloak = backendOf('keycloak');
  let asked: string[] = [];
  const counting: Backend = Object.assign(Object.create(keycloak) as Backend, {
    listOwned: async (those: readonly string[], signal: AbortSignal) => {
      asked.push(...those);
      return keycloak.listOwned(those, signal);
    },
  });
  const ever = new Set<string>();
  let isFound = false;
  for (let runs = 0; runs < 2; runs++) {
    asked = [];
    const { findings } = await reconcile([counting]).report();
    const orphans = findings.filter((it) => it.class === 'orphan').map((it) => it.name);
    expect(asked.length).toBeLessThanOrEqual(210);
    expect(asked).toContain(tenantNames(fresh).realmName);
    asked.forEach((it) => ever.add(it));
    isFound ||= orphans.length > 0;
    expect(orphans).toEqual(isFound ? [tenantNames(left.name).realmName] : []);
  }
  expect(isFound).toBe(true);
  expect(ever.size).toBe(207);
  await harness.db.tenantResource.updateMany({ where: { tenantId: left.tenantId }, data: { state: 'present' } });
  await harness.db.tenantOperation.updateMany({ data: { state: 'running', endedAt: null } });
  await harness.run('keycloak.drop', left);
});
