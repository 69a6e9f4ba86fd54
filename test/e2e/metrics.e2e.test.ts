import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BACKEND_KINDS } from '@freeflow/contract';
import { DASHBOARDS } from '../../deploy/dashboards/dashboards';
import { findPrometheus } from '../../stack/app/prometheus';
import { ManagedProcess } from '../../stack/managed-process';
import { freePort } from '../../stack/ports';
import { newName } from '../support/activity-harness';
import { openFaultInjectedInstallation, type FaultInjectedInstallation } from '../support/fault-injected-installation';
import { scrape } from '../support/metrics';
import { findPrometheusProgram } from '../support/prometheus';
import { abortWhenParked, askFor, createTenant, deleteTenant, operationEnds, untilParkedAt } from '../support/tenants';
import { until } from '../support/until';

let installation: FaultInjectedInstallation;
let sdkUrl: string;
/** Names and ids of tenants, none of which may be in any scrape. */
const secrets: string[] = [];

beforeAll(async () => {
  const address = `127.0.0.1:${await freePort()}`;
  sdkUrl = `http://${address}`;
  installation = await openFaultInjectedInstallation(false);
  await installation.startWorker({ STEP_PATIENCE_MS: '500', WORKER_SDK_METRICS_ADDRESS: address });
});
afterAll(() => installation.close());

const seriesOf = async (url: string) => (await scrape(url)).series;
const fact = (series: string, value: number) =>
  until(`${series} is ${value}`, async () => (await seriesOf(installation.apiUrl))[series] === value);

test('a create and a hard delete are counted: the operations, each step at each backend, locks, requests', async () => {
  const tenant = await createTenant(installation, newName());
  await deleteTenant(installation, tenant.id);
  secrets.push(tenant.name, tenant.id);
  const worker = await seriesOf(installation.workerUrl);
  for (const kind of ['create', 'hard_delete']) {
    expect(worker[`freeflow_operations_ended_total{kind="${kind}",outcome="done"}`]).toBe(1);
    expect(worker[`freeflow_operation_duration_seconds_sum{kind="${kind}",outcome="done"}`]).toBeGreaterThan(0);
  }
  for (const backend of BACKEND_KINDS)
    for (const step of ['create', 'probe', 'drop']) {
      const labels = `backend="${backend}",step="${step}",outcome="success"`;
      expect([labels, worker[`freeflow_step_attempts_total{${labels}}`]]).toEqual([labels, 1]);
      expect(worker[`freeflow_step_duration_seconds_count{${labels}}`]).toBe(1);
    }
  expect(worker['freeflow_step_attempts_total{backend="master",step="activate",outcome="success"}']).toBe(1);
  expect(worker['freeflow_lock_wait_seconds_count{outcome="taken"}']).toBeGreaterThanOrEqual(12);
  expect(worker['freeflow_tokens_renewed_total{outcome="success"}']).toBeGreaterThan(0);
  expect(worker['freeflow_pool_wanted{backend="keycloak"}']).toBe(0);
  const api = await seriesOf(installation.apiUrl);
  expect(api['freeflow_http_requests_total{route="/tenants",method="POST",status="202"}']).toBe(1);
  expect(api['freeflow_http_requests_total{route="/tenants/:id",method="DELETE",status="202"}']).toBe(1);
  expect(api['freeflow_issuer_keys_fetched_total{outcome="success"}']).toBeGreaterThan(0);
});

test('a step that is parked is seen in the facts, its failures by their class, and neither once it is rolled back', async () => {
  const name = newName();
  installation.proxies.qdrant.shut();
  const id = await askFor(installation, name);
  secrets.push(name, id);
  await untilParkedAt(installation, id, 'qdrant.create');
  await fact('freeflow_steps_parked{step="qdrant.create"}', 1);
  await fact('freeflow_operations_open{kind="create",state="parked"}', 1);
  const worker = await seriesOf(installation.workerUrl);
  expect(worker['freeflow_step_failures_total{backend="qdrant",failure="unreachable"}']).toBeGreaterThan(0);
  installation.proxies.qdrant.open();
  await abortWhenParked(installation, id);
  await operationEnds(installation, id);
  await fact('freeflow_steps_parked{step="qdrant.create"}', 0);
  const { series } = await scrape(installation.workerUrl);
  expect(series['freeflow_operations_ended_total{kind="create",outcome="rolled_back"}']).toBe(1);
});

/** The time that a series has, once it has one. */
const untilSet = (url: string, series: string): Promise<number> =>
  until(`${series} is set`, async () => {
    const at = (await seriesOf(url))[series] ?? 0;
    return at > 0 && at;
  });

test('a sweep and a reconciliation leave their times', async () => {
  const longAgo = Date.now() / 1_000 - 900;
  const { workerUrl, apiUrl } = installation;
  expect(await untilSet(workerUrl, 'freeflow_sweep_last_success_timestamp_seconds')).toBeGreaterThan(longAgo);
  await installation.request('POST', '/reconcile', {});
  expect(await untilSet(apiUrl, 'freeflow_reconcile_last_success_timestamp_seconds')).toBeGreaterThan(longAgo);
});

test("Temporal's SDK serves what the dashboards show of it", async () => {
  const { text } = await scrape(sdkUrl);
  const shown = DASHBOARDS.flatMap(({ rows }) => Object.values(rows).flat()).flatMap(({ shows }) =>
    shows.flatMap(([expr]) => expr.match(/\btemporal_\w+/g) ?? []),
  );
  expect(shown.length).toBeGreaterThan(0);
  expect(shown.filter((it) => !text.includes(`\n${it}{`))).toEqual([]);
});

test('no scrape names a tenant', async () => {
  expect(secrets).toHaveLength(4);
  for (const url of [installation.apiUrl, installation.workerUrl, sdkUrl]) {
    const { text } = await scrape(url);
    expect(secrets.filter((it) => text.includes(it))).toEqual([]);
  }
});

const suite = findPrometheusProgram('prometheus') === undefined ? describe.skip : describe;

suite('a real Prometheus', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'freeflow-observe-'));
  let prometheus: ManagedProcess;
  let url: string;
  beforeAll(async () => {
    url = `http://127.0.0.1:${await freePort()}`;
    const { plan, readyUrl, title } = await findPrometheus(process.env);
    const { info: shared, apiUrl, workerUrl } = installation;
    const worker = { healthUrl: workerUrl, sdkMetricsUrl: sdkUrl };
    const info = { ...shared, dir, api: { url: apiUrl }, worker, prometheus: { url } };
    prometheus = new ManagedProcess({
      title,
      log: path.join(dir, 'prometheus.log'),
      plan: async () => plan(info, process.env),
      check: async () => {
        if (!(await fetch(readyUrl(info))).ok) throw new Error('not ready');
      },
      readyWithinMs: 60_000,
      stopSignal: 'SIGTERM',
      stopWithinMs: 10_000,
      onLaunch: () => undefined,
      onEvent: () => undefined,
    });
    await prometheus.start();
  });
  afterAll(async () => {
    await prometheus.stop();
    rmSync(dir, { recursive: true });
  });

  const ask = async <T>(question: string): Promise<T> =>
    ((await (await fetch(`${url}/api/v1/${question}`)).json()) as { data: T }).data;

  test('scrapes API, worker and SDK', async () => {
    const up = await until('all three are up', async () => {
      const { result } = await ask<{ result: { metric: { job: string } }[] }>('query?query=up==1');
      return result.length === 3 && result.map(({ metric }) => metric.job);
    });
    expect(new Set(up)).toEqual(new Set(['freeflow-api', 'freeflow-worker', 'freeflow-temporal-sdk']));
  });

  test('takes all alert rules, and can evaluate each', async () => {
    interface Rule {
      name: string;
      health: string;
    }
    const rules = await until('each was evaluated', async () => {
      const { groups } = await ask<{ groups: { rules: Rule[] }[] }>('rules');
      const all = groups.flatMap((it) => it.rules);
      return all.length > 0 && all.every(({ health }) => health !== 'unknown') && all;
    });
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
    expect(rules.map(({ name }) => name)).toContain('FreeflowApiErrorsSlow');
  });
});
