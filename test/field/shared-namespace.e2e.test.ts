import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { SEARCH_ATTRIBUTES, sweepIdOf } from '@freeflow/contract';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { freePort } from '../../stack/ports';
import { projectRoot } from '../../stack/project';
import { readStackInfo, workerEnv } from '../../stack/stack-info';
import { newName } from '../support/activity-harness';
import { openTestInstallation, type TestInstallation } from '../support/installation';
import { openMaster, TEST_STACK, type Master } from '../support/master';
import { withPostgres } from '../support/outside';
import { IS_LONG } from '../support/sample';
import { startProxy, type TcpProxy } from '../support/tcp-proxy';
import { openOperator, type Operator } from '../support/temporal';
import { askFor, operationEnds, parkedStepsOf } from '../support/tenants';
import { until } from '../support/until';
import { openGate, type GrpcGate } from './grpc-gate';
import { openOwnTemporal, type OwnTemporal } from './own-temporal';

const KEYWORD = 2;
const KEYWORD_LIST = 7;
const TEXT = 1;
const INT = 3;

const OURS = new Set<string>(Object.values(SEARCH_ATTRIBUTES).map(({ name }) => name));

const shared: StackInfo = readStackInfo(TEST_STACK);

/** A worker process as it is, without an installation around it. */
function startWorker(masterUrl: string, taskQueue: string, healthPort: number) {
  const child = spawn(process.execPath, [path.join(projectRoot(), 'dist/worker/main.js')], {
    env: {
      ...process.env,
      ...workerEnv(shared),
      KEYCLOAK_POOL_SIZE: '0',
      MASTER_DATABASE_URL: masterUrl,
      TASK_QUEUE: taskQueue,
      WORKER_HEALTH_PORT: String(healthPort),
      WORKER_GRACE_MS: '1000',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (it) => (output += String(it)));
  child.stderr.on('data', (it) => (output += String(it)));
  const ended = new Promise<{ code: number | null; output: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, output })),
  );
  const isReady = async () =>
    (await fetch(`http://127.0.0.1:${healthPort}/health/ready`).catch(() => ({ ok: false }))).ok;
  return {
    ended,
    isReady,
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

const installationOf = ({ ownerUrl }: Master) =>
  withPostgres(
    ownerUrl,
    async (owner) => (await owner.query<{ id: string }>('SELECT id FROM "Installation"')).rows[0]?.id ?? '',
  );

describe('two installations in one namespace', () => {
  let ours: Master;
  let theirs: Master;
  let operator: Operator;
  const queues: string[] = [];
  const newQueue = () => {
    const queue = newName('shared-');
    queues.push(queue);
    return queue;
  };
  beforeAll(async () => {
    [ours, theirs] = await Promise.all([openMaster(), openMaster()]);
    operator = await openOperator(shared);
  });
  afterAll(async () => {
    for (const queue of queues)
      for (const id of [sweepIdOf(queue), `${queue}-reconcile`])
        await operator.client.schedule
          .getHandle(id)
          .delete()
          .catch(() => undefined);
    await operator.close();
    await Promise.all([ours.drop(), theirs.drop()]);
  });

  test('of two workers that start at the same time on a queue that no one has, one works and the other ends, naming TASK_QUEUE as the way out; further workers of the first, and one after a restore, start', async () => {
    const queue = newQueue();
    const masters = [ours, theirs];
    const workers = await Promise.all(
      masters.map(async ({ workerUrl }) => startWorker(workerUrl, queue, await freePort())),
    );
    const loser = await Promise.race(workers.map(async (it, at) => ({ at, ...(await it.ended) })));
    const [first, its, others] = [workers[1 - loser.at], masters[1 - loser.at] ?? ours, masters[loser.at] ?? theirs];
    expect(loser.code).toBe(1);
    expect(loser.output).toContain(
      `Task queue ${queue} in Temporal's namespace ${shared.temporal.namespace} belongs to another installation: ${await installationOf(its)}, this one is ${await installationOf(others)}.`,
    );
    expect(loser.output).toContain('Set TASK_QUEUE to a name of its own');
    expect(loser.output).toContain(`--schedule-id ${sweepIdOf(queue)}`);
    await until('the first is ready', async () => first?.isReady());

    // A restored master database has another name, and is at another place, but the same installation.
    const restored = await openMaster();
    await withPostgres(
      restored.ownerUrl,
      async (owner) => void (await owner.query('UPDATE "Installation" SET id = $1', [await installationOf(its)])),
    );
    const second = startWorker(restored.workerUrl, queue, await freePort());
    await until('the second is ready', second.isReady);
    expect(await first?.isReady()).toBe(true);
    expect([(await first?.stop())?.code, (await second.stop()).code]).toEqual([0, 0]);
    await restored.drop();
  });

  test('a queue whose schedule is left by a version that did not claim is had by whoever comes first; the next one ends at once', async () => {
    const queue = newQueue();
    await operator.client.schedule.create({
      scheduleId: sweepIdOf(queue),
      spec: { intervals: [{ every: '1 hour' }] },
      action: {
        type: 'startWorkflow',
        workflowType: 'sweepOperations',
        taskQueue: queue,
        workflowId: sweepIdOf(queue),
      },
    });
    const first = startWorker(ours.workerUrl, queue, await freePort());
    await until('the first is ready', first.isReady);
    const { code, output } = await startWorker(theirs.workerUrl, queue, await freePort()).ended;
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining(await installationOf(ours)) });
    await first.stop();
  });
});

describe('a Temporal whose search attributes are not as needed', () => {
  let temporal: OwnTemporal;
  /** What stands between worker and Temporal as an administrator's rights do. */
  let gate: GrpcGate;
  let keycloak: TcpProxy;
  const closing: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    temporal = await openOwnTemporal(shared);
    gate = await openGate(temporal.port, (path) => path.startsWith('/temporal.api.operatorservice.'));
    const { hostname, port } = new URL(shared.keycloak.url);
    keycloak = await startProxy(hostname, Number(port));
  });
  afterEach(async () => {
    keycloak.open();
    for (const close of closing.splice(0)) await close();
  });
  afterAll(() => Promise.all([gate, keycloak, temporal].map((it) => it.close())));

  async function openHere(
    registered: Record<string, number>,
    worker: Record<string, string> = {},
  ): Promise<TestInstallation> {
    const info = await temporal.newNamespace(newName('ns'));
    const { namespace } = info.temporal;
    if (Object.keys(registered).length > 0)
      await temporal.connection.operatorService.addSearchAttributes({ namespace, searchAttributes: registered });
    const installation = await openTestInstallation({
      info,
      worker: { KEYCLOAK_URL: `http://127.0.0.1:${keycloak.port}`, STEP_PATIENCE_MS: '300', ...worker },
    });
    closing.push(() => installation.close());
    return installation;
  }

  const workerLog = ({ logDir }: TestInstallation) => readFileSync(path.join(logDir, 'worker.log'), 'utf8');

  /**
   * A create that parks, is answered and comes to its end; gives what could be found of it by attributes while it was
   * parked.
   */
  async function lifeIn(installation: TestInstallation): Promise<Record<string, unknown>> {
    keycloak.shut();
    const id = await askFor(installation, newName('s'));
    await until('it is parked', async () => (await parkedStepsOf(installation, id)).length > 0);
    const run = installation.operator.client.workflow.getHandle(`tenant-${id}`);
    const { searchAttributes } = await run.describe();
    keycloak.open();
    expect((await installation.request('POST', `/tenants/${id}/abort`, {})).status).toBe(202);
    expect((await operationEnds(installation, id)).operation.state).toBe('rolled_back');
    await run.result().catch(() => undefined);
    const failures = ((await run.fetchHistory()).events ?? []).filter(
      (it) => it.workflowTaskFailedEventAttributes != null,
    );
    expect(failures).toEqual([]);
    // Temporal sets some of its own.
    return Object.fromEntries(Object.entries(searchAttributes).filter(([name]) => OURS.has(name)));
  }

  // In the short form the last one has it.
  if (IS_LONG)
    test('of another type: the worker starts, says which and what to do, and workflows go on without them', async () => {
      const installation = await openHere({ StuckStep: TEXT, OperationKind: INT });
      expect(workerLog(installation)).toMatch(
        /Search attribute StuckStep is not of the type KEYWORD_LIST: workflows go on without it[^"]*temporal operator search-attribute remove --name StuckStep/,
      );
      expect(workerLog(installation)).toContain('Search attribute OperationKind is not of the type KEYWORD');
      expect(Object.keys(await lifeIn(installation)).sort()).toEqual(['OperationState', 'TenantName']);
    });

  test('not there, and to be listed and added by administrators alone: the worker starts, says how to add them, and workflows go on without them', async () => {
    const installation = await openHere({}, { TEMPORAL_ADDRESS: gate.address });
    expect(workerLog(installation)).toMatch(
      /There is no search attribute StuckStep of the type KEYWORD_LIST, and this server does not let the worker add it[^"]*temporal operator search-attribute create --name StuckStep --type KEYWORD_LIST/,
    );
    expect(await lifeIn(installation)).toEqual({});
  });

  test('made by hand, and to be listed by administrators alone: they are used as ever; one of another type is told', async () => {
    const installation = await openHere(
      { TenantName: KEYWORD, OperationKind: KEYWORD, OperationState: INT, StuckStep: KEYWORD_LIST },
      { TEMPORAL_ADDRESS: gate.address },
    );
    expect(workerLog(installation).match(/search attribute \w+/gi)?.[0]).toBe('search attribute OperationState');
    expect(await lifeIn(installation)).toEqual({
      TenantName: [expect.any(String)],
      OperationKind: ['create'],
      StuckStep: ['keycloak.create'],
    });
  });
});
