import { freePort } from '../../stack/ports';
import { readStackInfo } from '../../stack/stack-info';
import { openOwnTemporal, type OwnTemporal } from '../field/own-temporal';
import { newName } from '../support/activity-harness';
import { openDeployment, type Deployment } from '../support/deployment';
import { openTestInstallation, type Running, type TestInstallation } from '../support/installation';
import { TEST_STACK } from '../support/master';
import { pooled } from '../support/pooled';
import { IS_LONG } from '../support/sample';
import { startProxy, type TcpProxy } from '../support/tcp-proxy';
import { askFor, deleteTenant, operationEnds, parkedStepsOf, tenantOf } from '../support/tenants';
import { until } from '../support/until';

const IN_FLIGHT = IS_LONG ? 30 : 12;
const PARKED = IS_LONG ? 6 : 2;
const ON_A_BAD_BUILD = IS_LONG ? 6 : 3;
/** How long a parked step pauses, so that none is tried by itself here. */
const PAUSE_MS = 3_600_000;

/** How long the calls to one server hang: until all are requested and the next build is promoted. */
const STALL_MS = IS_LONG ? 9_000 : 5_000;

/** So that the server says within seconds that a build is drained; minutes otherwise. */
const QUICK_DRAINAGE = [
  'matching.wv.VersionDrainageStatusVisibilityGracePeriod="1s"',
  'matching.wv.VersionDrainageStatusRefreshInterval="1s"',
];

let temporal: OwnTemporal;
let proxy: TcpProxy;
let installation: TestInstallation;
let deployment: Deployment;
beforeAll(async () => {
  const info = readStackInfo(TEST_STACK);
  temporal = await openOwnTemporal(info, QUICK_DRAINAGE);
  const { hostname, port } = new URL(info.qdrant.url);
  proxy = await startProxy(hostname, Number(port));
  const own = { ...info, temporal: { ...info.temporal, address: `127.0.0.1:${temporal.port}`, namespace: 'default' } };
  installation = await openTestInstallation({ info: own, worker: false });
  deployment = openDeployment(own, installation.operator, installation.taskQueue);
});
afterAll(async () => {
  await installation.close();
  await proxy.close();
  await temporal.close();
});

const startBuild = async (buildId: string, script?: string): Promise<Running> =>
  installation.startWorker(
    {
      ...deployment.workerEnv(buildId),
      WORKER_HEALTH_PORT: String(await freePort()),
      QDRANT_URL: `http://127.0.0.1:${proxy.port}`,
      STEP_PATIENCE_MS: '500',
      PARKED_RETRY_MS: String(PAUSE_MS),
    },
    script,
  );

const ask = (count: number): Promise<string[]> =>
  pooled(
    6,
    Array.from({ length: count }, () => newName('u')),
    (name) => askFor(installation, name),
  );

/** Waits until all of them have ended, and gives how many did so on which builds. */
async function endsOf(ids: readonly string[], status: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const id of ids) {
    const { status: reached, operation } = await operationEnds(installation, id);
    expect([reached, operation.state]).toEqual([status, 'done']);
    const way = (await deployment.buildsOf(id)).join(' → ');
    counts[way] = (counts[way] ?? 0) + 1;
  }
  return counts;
}

/** How many operations are in this state. */
async function countOf(state: string): Promise<number> {
  const { rows } = await installation.master.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM "TenantOperation" WHERE state = $1::"OperationState"',
    [state],
  );
  return rows[0]?.count ?? 0;
}

const lines: string[] = [];
const since = (startedAt: number): string => `${((Date.now() - startedAt) / 1_000).toFixed(1)} s`;
function tell(what: string, runs: number, ways: Record<string, number>, seconds: string): void {
  const ended = Object.entries(ways).map(([way, count]) => `${count} on ${way}`);
  lines.push(`| ${what} | ${runs} | ${ended.join(', ')} | ${seconds} |`);
}

const stuck = async () => (await installation.request('GET', '/tenants/stuck')).body['items'];

let parked: string[] = [];
let inFlight: string[] = [];
let onBad: string[] = [];
let second: Running;

test('a roll-out amid operations: each ends on its build, the parked ones on the next, and the old build is drained', async () => {
  const first = await startBuild('1');
  await deployment.promote('1');
  proxy.shut();
  parked = await ask(PARKED);
  for (const id of parked)
    await until('it is parked', async () => (await parkedStepsOf(installation, id)).includes('qdrant.create'));
  proxy.open();

  second = await startBuild('2');
  const startedAt = Date.now();
  // So that all of them are at work at the roll-out, however quick this machine is.
  proxy.stall(STALL_MS);
  inFlight = await ask(IN_FLIGHT);
  await until('all have begun', async () => (await countOf('running')) === IN_FLIGHT);
  await deployment.promote('2');
  expect(await countOf('running')).toBe(IN_FLIGHT);
  const later = await ask(2);
  const ways = await endsOf(inFlight, 'active');
  expect(ways).toEqual({ 1: IN_FLIGHT });
  tell('in flight at the roll-out', IN_FLIGHT, ways, since(startedAt));
  expect(await endsOf(later, 'active')).toEqual({ 2: 2 });
  tell('requested after it', 2, { 2: 2 }, since(startedAt));
  await until('the parked ones have moved', async () => {
    await deployment.wakeRunsOf('1');
    return (await Promise.all(parked.map((id) => deployment.buildsOf(id)))).every((builds) => builds.join() === '1,2');
  });
  await installation.request('POST', '/tenants/retry', {});
  const moved = await endsOf(parked, 'active');
  expect(moved).toEqual({ '1 → 2': PARKED });
  tell('parked at the roll-out', PARKED, moved, since(startedAt));

  await until('build 1 is drained', () => deployment.isDrained('1'));
  tell('build 1 is drained', 0, {}, since(startedAt));
  await first.stop();
  inFlight.push(...later);
});

test('a build that fails every workflow task is rolled back: its runs go on with the one before', async () => {
  const bad = await startBuild('3-fails', 'test/roll-out/failing-worker.js');
  await deployment.promote('3-fails');
  onBad = await ask(ON_A_BAD_BUILD);
  for (const id of onBad)
    await until('its workflow task fails', async () => {
      const { raw } = await installation.operator.client.workflow.getHandle(`tenant-${id}`).describe();
      return (raw.pendingWorkflowTask?.attempt ?? 0) > 1;
    });
  const startedAt = Date.now();
  await deployment.rollBackTo('2');
  const ways = await endsOf(onBad, 'active');
  expect(ways).toEqual({ 2: ON_A_BAD_BUILD });
  tell('begun on a build that fails every task, then rolled back', ON_A_BAD_BUILD, ways, since(startedAt));
  await bad.stop();
});

test('a build that crashes is rolled back: what began on it is terminated, and begins anew on the one before', async () => {
  const bad = await startBuild('4-crashes', 'test/roll-out/crashing-worker.js');
  await deployment.promote('4-crashes');
  for (const id of inFlight)
    expect((await installation.request('DELETE', `/tenants/${id}?mode=hard&force=true`)).status).toBe(202);
  await until('it has crashed', async () => bad.process.exitCode !== null);
  const startedAt = Date.now();
  await deployment.rollBackTo('2');
  const left = await until('its runs are found', async () => (await deployment.openRunsOf('4-crashes')) || undefined);
  await deployment.terminateRunsOf('4-crashes');
  // In the short form at once; the sweep does so by itself, within a minute.
  if (!IS_LONG) await installation.request('POST', '/tenants/retry', {});
  const ways = await endsOf(inFlight, 'deleted');
  expect(Object.keys(ways)).toEqual(['2']);
  tell(
    `begun on a build that crashes (${left} runs of it terminated), then rolled back`,
    inFlight.length,
    ways,
    since(startedAt),
  );
});

test('none is lost, none is stuck', async () => {
  expect(await stuck()).toEqual([]);
  for (const id of [...parked, ...onBad]) expect((await tenantOf(installation, id)).status).toBe('active');
  process.stdout.write(`| operations | runs | ended | after |\n|---|---|---|---|\n${lines.join('\n')}\n`);
  await pooled(6, [...parked, ...onBad], (id) => deleteTenant(installation, id));
  await second.stop();
});
