import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FleetUpgradeBody } from '@freeflow/contract/http';
import { newName } from '../support/activity-harness';
import { openTestInstallation, type Running, type TestInstallation } from '../support/installation';
import { inDatabase } from '../support/master';
import { withPostgres } from '../support/outside';
import { pooled } from '../support/pooled';
import { EXAMPLE_BLUEPRINT } from '../support/sample';
import { change, createTenant, logOf, tenantOf } from '../support/tenants';
import { until } from '../support/until';

// FLEET_TENANTS=40 is the long form.
const TENANTS = Number(process.env['FLEET_TENANTS'] ?? 8);
const TIMEOUT_MS = 15 * 60_000;

let installation: TestInstallation;
let worker: Running;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'freeflow-fleet-'));
  cpSync(EXAMPLE_BLUEPRINT.BLUEPRINT_DIR, folder, { recursive: true });
  installation = await openTestInstallation({ worker: false });
  worker = await installation.startWorker({ BLUEPRINT_DIR: folder });
});
afterAll(async () => {
  await installation.close();
  rmSync(folder, { recursive: true });
});

const inTenant = (name: string, statement: string) =>
  withPostgres(
    inDatabase(installation.info.postgres.url, `freeflow_${name}`),
    async (client) => (await client.query<Record<string, unknown>>(statement)).rows,
  );
const ask = async (method: string, route: string, body?: unknown) => {
  const answer = await installation.request(method, route, body);
  return { ...answer, body: answer.body as unknown as FleetUpgradeBody };
};
const show = async (id: string) => (await ask('GET', `/fleet/upgrades/${id}`)).body;
const reaches = (id: string, what: string, isThere: (it: FleetUpgradeBody) => boolean) =>
  until(
    what,
    async () => {
      const found = await show(id);
      return isThere(found) ? found : undefined;
    },
    TIMEOUT_MS,
  );
const restart = async (signal: NodeJS.Signals) => {
  await worker.stop(signal);
  worker = await installation.startWorker({ BLUEPRINT_DIR: folder });
};

test(
  `${TENANTS} tenants get the next version, through the death of a worker and a pause: one fails, is told, and gets it when it is tried again`,
  async () => {
    const names = Array.from({ length: TENANTS + 1 }, () => newName('f'));
    const tenants = await pooled(4, names, (name) => createTenant(installation, name));
    expect(tenants.every((it) => it.status === 'active')).toBe(true);
    const [suspended, broken] = [tenants[TENANTS], tenants[Math.floor(TENANTS / 2)]];
    if (suspended === undefined || broken === undefined) throw new Error('too few tenants');
    await change(installation, suspended.id, 'suspend');
    // It has made by itself what the next version is going to make.
    await inTenant(broken.name, 'CREATE TABLE app.orders ()');
    expect(await ask('POST', '/fleet/upgrades', { to: 2 })).toMatchObject({
      status: 409,
      body: { code: 'no-blueprint' },
    });

    writeFileSync(path.join(folder, 'blueprint.json'), '{"version": 2}');
    writeFileSync(path.join(folder, 'postgres/010-orders.sql'), 'CREATE TABLE orders (id int);\nSELECT pg_sleep(0.3);');
    await restart('SIGTERM');
    const plan = (await installation.request('GET', '/fleet')).body as Record<string, unknown>;
    expect(plan).toMatchObject({ version: 2, behind: { now: TENANTS, later: 1 }, upgrade: null });

    const { status, body: accepted } = await ask('POST', '/fleet/upgrades', { canary: 2, concurrency: 3 });
    expect({ status, counts: accepted.counts }).toMatchObject({ status: 202, counts: { waiting: TENANTS + 1 } });
    const { id } = accepted;
    expect((await ask('POST', '/fleet/upgrades', {})).body).toMatchObject({ code: 'fleet-upgrade-open' });
    await reaches(id, 'a canary is at work', (it) => it.counts.running > 0);
    expect((await show(id)).tenants.filter((it) => it.state === 'running').every((it) => it.isCanary)).toBe(true);
    await reaches(id, 'some are done', (it) => it.counts.done >= 2 && it.counts.running > 0);
    await restart('SIGKILL');

    expect((await ask('POST', `/fleet/upgrades/${id}/pause`)).body).toMatchObject({ state: 'paused' });
    const paused = await reaches(id, 'nobody is at work', (it) => it.counts.running === 0);
    expect(paused).toMatchObject({ state: 'paused', reason: 'by a person', endedAt: null });
    await ask('POST', `/fleet/upgrades/${id}/resume`);

    const ended = await reaches(id, 'it is over', (it) => it.endedAt !== null);
    expect(ended).toMatchObject({
      state: 'done',
      counts: { done: TENANTS - 1, failed: 1, left: 1, waiting: 0, running: 0 },
    });
    const [failed] = ended.tenants.filter((it) => it.state === 'failed');
    expect(failed).toMatchObject({
      name: broken.name,
      cause: expect.stringMatching(
        /^rolled back at postgres\.apply: .*010-orders\.sql.*: relation "orders" already exists \(42P07\)$/,
      ) as string,
    });
    expect(ended.tenants.find((it) => it.state === 'left')).toMatchObject({
      name: suspended.name,
      cause: 'it is suspended',
    });
    expect(await tenantOf(installation, broken.id)).toMatchObject({ status: 'active', blueprintVersion: 1 });
    for (const it of tenants.filter((one) => one !== broken && one !== suspended)) {
      expect(await tenantOf(installation, it.id)).toMatchObject({ status: 'active', blueprintVersion: 2 });
      expect(await inTenant(it.name, 'SELECT count(*)::int AS files FROM freeflow.blueprint')).toEqual([{ files: 3 }]);
      expect(
        (await logOf(installation, it.id)).filter((row) => row.step === 'activate' && row.status === 'success'),
      ).toHaveLength(2);
    }

    await inTenant(broken.name, 'DROP TABLE app.orders');
    await change(installation, suspended.id, 'resume');
    await ask('POST', `/fleet/upgrades/${id}/retry`);
    expect(await reaches(id, 'it is over again', (it) => it.endedAt !== null)).toMatchObject({
      state: 'done',
      counts: { done: TENANTS + 1, failed: 0, left: 0 },
    });
    expect((await tenantOf(installation, broken.id)) as object).toMatchObject({ blueprintVersion: 2 });
  },
  TIMEOUT_MS,
);

test(
  'it pauses by itself where a canary fails, and what is cancelled takes up no more',
  async () => {
    writeFileSync(path.join(folder, 'blueprint.json'), '{"version": 3}');
    writeFileSync(path.join(folder, 'postgres/020-wrong.sql'), 'SELECT * FROM nowhere;');
    await restart('SIGTERM');
    const { id } = (await ask('POST', '/fleet/upgrades', { canary: 1, concurrency: 4 })).body;
    const paused = await reaches(id, 'it is paused', (it) => it.state === 'paused');
    expect(paused).toMatchObject({ reason: '1 of 1 canaries failed', counts: { failed: 1, waiting: TENANTS } });
    expect((await ask('POST', `/fleet/upgrades/${id}/cancel`)).status).toBe(202);
    expect(await reaches(id, 'it is over', (it) => it.endedAt !== null)).toMatchObject({
      state: 'cancelled',
      counts: { failed: 1, cancelled: TENANTS },
    });
    expect((await ask('POST', `/fleet/upgrades/${id}/resume`)).body).toMatchObject({ code: 'fleet-upgrade-ended' });
  },
  TIMEOUT_MS,
);
