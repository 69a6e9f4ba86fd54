import { BACKEND_KINDS } from '@freeflow/contract';
import { judgeRecords } from '../kill/records';
import { describeLateAttempts } from '../recovery/late-attempts';
import { newName } from '../support/activity-harness';
import { openFaultInjectedInstallation, type FaultInjectedInstallation } from '../support/fault-injected-installation';
import { attemptHangs, holdLine, releaseLine } from '../support/hold-attempt';
import type { Running } from '../support/installation';
import { observeFromOutside, NOTHING } from '../support/outside';
import { IS_LONG, sampleOf } from '../support/sample';
import { ALL_IN, ALL_OUT, logInEverywhere } from '../support/tenant-app';
import { askFor, change, deleteTenant, logOf, operationEnds, tenantOf } from '../support/tenants';
import { until } from '../support/until';

/** An attempt whose worker is gone counts as in progress for minutes: startToCloseTimeout in contract/backends.ts. */
const LONG_BEFORE_TEMPORAL_GIVES_UP_MS = 90_000;
let installation: FaultInjectedInstallation;
/** The one of the first test. */
let active = { id: '', name: '' };
/** A test goes on with the worker of the one before. */
let worker: Running;

beforeAll(async () => {
  installation = await openFaultInjectedInstallation(false);
});
afterAll(() => installation.close());

const runOf = (id: string) => installation.operator.client.workflow.getHandle(`tenant-${id}`);

test('without any worker it is accepted all the same; one that starts while all backends are away tries again, tells of it in operation and log, and provisions once they are back', async () => {
  const name = newName();
  const id = await askFor(installation, name);
  active = { id, name };
  await until('it has a run', () => runOf(id).describe().then(Boolean));
  expect(await tenantOf(installation, id)).toMatchObject({ status: 'provisioning', operation: { state: 'requested' } });
  for (const it of BACKEND_KINDS) installation.proxies[it].shut();
  worker = await installation.startWorker();
  await until(
    'all four have failed',
    async () =>
      new Set((await logOf(installation, id)).filter((it) => it.status === 'error').map((it) => it.step)).size === 4,
  );
  expect((await tenantOf(installation, id)).operation).toMatchObject({
    state: 'running',
    step: expect.stringMatching(/\.create$/),
    cause: expect.stringMatching(/./),
    advice: expect.stringContaining('retried by itself'),
  });
  for (const it of BACKEND_KINDS) installation.proxies[it].open();
  expect(await operationEnds(installation, id)).toMatchObject({
    status: 'active',
    operation: { state: 'done', step: null, cause: null },
  });
  for (const kind of BACKEND_KINDS) {
    const rows = (await logOf(installation, id)).filter((it) => it.step === `${kind}.create`);
    expect(rows.map((it) => it.attempt)).toEqual(rows.map((_, at) => at + 1));
    expect(rows.map((it) => it.status)).toEqual([...rows.slice(1).map(() => 'error'), 'success']);
  }
});

test('an API that dies between commit and start loses nothing: the sweep starts it, and it is audited and told once', async () => {
  // It can commit and reaches no Temporal, and is killed before that changes.
  installation.proxies.temporal.shut();
  const name = newName();
  const id = await askFor(installation, name);
  expect(await tenantOf(installation, id)).toMatchObject({ status: 'provisioning', operation: { state: 'requested' } });
  await installation.api().stop('SIGKILL');
  installation.proxies.temporal.open();
  await installation.startApi();
  expect(await operationEnds(installation, id)).toMatchObject({ status: 'active' });
  expect(await judgeRecords(installation, { id, name })).toEqual({ events: 'true', audit: 'true' });
});

// test/resilience/kill.e2e.test.ts kills a worker at every point of every operation. Here the attempt must last until
// the kill: of all clients Keycloak's waits longest for an answer, whatever the machine is busy with.
test.each(sampleOf(BACKEND_KINDS, (it) => it === 'keycloak'))(
  'a worker killed in the middle of %s.create: the next one goes on at once, and the log tells of the lost attempt; what was cancelled before any worker has seen it ends one way or the other, and the tenant is what the end says',
  async (slow) => {
    const name = newName('k');
    holdLine(installation, slow);
    const id = await askFor(installation, name);
    await until(
      'the other three are done',
      async () => (await logOf(installation, id)).filter((it) => it.step.endsWith('.probe')).length === 3,
    );
    await attemptHangs(installation, id, `${slow}.create`);
    await worker.stop('SIGKILL');
    await installation.request('POST', `/tenants/${active.id}/suspend`);
    await until('the suspend has a run', () =>
      runOf(active.id)
        .cancel()
        .then(() => true),
    );
    releaseLine(installation, slow);
    worker = await installation.startWorker();
    expect(await operationEnds(installation, id, LONG_BEFORE_TEMPORAL_GIVES_UP_MS)).toMatchObject({ status: 'active' });
    const rows = (await logOf(installation, id)).filter((it) => it.step === `${slow}.create`);
    expect(rows.filter((it) => it.message?.startsWith('lost: '))).toHaveLength(1);
    expect(rows.slice(-2)).toMatchObject([
      { status: 'error', message: expect.stringMatching(/^lost: /) },
      { status: 'success' },
    ]);
    const ended = await operationEnds(installation, active.id);
    expect(ended).toMatchObject({
      status: ended.operation.state === 'rolled_back' ? 'active' : 'suspended',
      operation: { kind: 'suspend' },
    });
    expect(await logInEverywhere(installation, active)).toEqual(ended.status === 'active' ? ALL_IN : ALL_OUT);
    if (ended.status !== 'active') await change(installation, active.id, 'resume');
    // Proof of absence waits for a minute until the lost call has no effect any more: in short in activities/zombie.
    if (!IS_LONG) return;
    await deleteTenant(installation, id);
    expect(await observeFromOutside(installation.info, name)).toEqual(NOTHING);
  },
);

describe('an attempt that is still in progress', () => {
  describeLateAttempts(() => installation);
});
