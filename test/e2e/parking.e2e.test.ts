import { randomUUID } from 'node:crypto';
import { describeAnswerKeys } from '../parking/answer-keys';
import { describeCancelled } from '../parking/cancelled';
import type { Named, Replaceable } from '../parking/parking-bench';
import { describeTwoParked } from '../parking/two-parked';
import { newName } from '../support/activity-harness';
import { auditedRows } from '../support/audit';
import { openFaultInjectedInstallation, type FaultInjectedInstallation } from '../support/fault-injected-installation';
import type { Running } from '../support/installation';
import { observeFromOutside, NOTHING } from '../support/outside';
import { IS_LONG } from '../support/sample';
import { askFor, deleteTenant, logOf, operationEnds, parkedStepsOf, tenantOf, untilParkedAt } from '../support/tenants';
import { until } from '../support/until';

let installation: FaultInjectedInstallation;
let running: Running;
// Parked steps would try again by themselves in ten minutes only: what goes on here goes on because of an answer.
const worker: Replaceable = {
  stop: () => running.stop(),
  start: async () => {
    running = await installation.startWorker({ STEP_PATIENCE_MS: '500' });
  },
};
/** Left active by a test, for one after it. */
const standing: Named[] = [];
/** Creates that are parked at Qdrant. */
const [retried, aborted, interrupted, terminated] = Array.from({ length: 4 }, () => ({
  id: '',
  name: newName('p'),
})) as [Named, Named, Named, Named];
beforeAll(async () => {
  installation = await openFaultInjectedInstallation(false);
  await worker.start();
  installation.proxies.qdrant.shut();
  const all = [retried, aborted, interrupted, terminated];
  await Promise.all(
    all.map(async (it) => {
      it.id = await askFor(installation, it.name);
    }),
  );
  for (const { id } of all) await untilParkedAt(installation, id, 'qdrant.create');
});
afterEach(() => {
  for (const proxy of Object.values(installation.proxies)) {
    proxy.open();
    proxy.stall(0);
  }
});
afterAll(() => installation.close());

const answer = (id: string, action: string, body?: object, key?: string) =>
  installation.request('POST', `/tenants/${id}/${action}`, body, key === undefined ? {} : { 'idempotency-key': key });

test('a step that fails for long is parked, visibly: state, step, cause and advice; what is no answer to it is refused', async () => {
  const { id } = retried;
  installation.proxies.qdrant.shut();
  expect(await tenantOf(installation, id)).toMatchObject({
    status: 'provisioning',
    operation: {
      state: 'parked',
      step: 'qdrant.create',
      cause: expect.stringContaining('qdrant'),
      advice: expect.stringContaining('Check'),
    },
  });
  const listed = await installation.request('GET', '/tenants?operation=parked');
  expect(listed.body['items']).toHaveLength(4);
  expect(listed.body['items']).toContainEqual(expect.objectContaining({ id }));
  const run = installation.operator.client.workflow.getHandle(`tenant-${id}`);
  expect((await run.describe()).searchAttributes).toMatchObject({
    OperationState: ['parked'],
    StuckStep: ['qdrant.create'],
  });
  const desk = await until('the other backends are done', async () => {
    const { currentDetails } = await run.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    return ['postgres', 'mongodb', 'keycloak'].every((it) => currentDetails.includes(`\`${it}.probe\``))
      ? currentDetails
      : undefined;
  });
  expect(desk).toMatch(
    /waits for an answer: retry or abort\n\nDone: `[^]*\*\*qdrant\.create\*\* is parked since [^]*Cause: qdrant: [^]*runbook\.md#unreachable\n[^]*runbook\.md#qdrant-create$/,
  );
  expect(await answer(id, 'skip', { reason: 'why not' })).toMatchObject({
    status: 409,
    body: { code: 'not-skippable' },
  });
  expect(await answer(id, 'retry', { step: 'postgres.create' })).toMatchObject({
    status: 409,
    body: { code: 'not-stuck' },
  });
  expect(await answer(randomUUID(), 'retry')).toMatchObject({ status: 404 });
});

test('aborted by ten requests at once under one key, it is undone once and nothing is left; that key gives the same 202 also when the run has closed since; a key of an operation is none for an answer', async () => {
  const { id, name } = aborted;
  installation.proxies.qdrant.shut();
  const { rows } = await installation.master.query<{ key: string }>(
    'SELECT "idempotencyKey" AS key FROM "TenantOperation" WHERE "tenantId" = $1',
    [id],
  );
  expect(await answer(id, 'abort', {}, rows[0]?.key)).toMatchObject({
    status: 422,
    body: { code: 'idempotency-key-reused' },
  });
  const key = randomUUID();
  const abort = () => answer(id, 'abort', { reason: 'changed our mind' }, key);
  const answers = await Promise.all(Array.from({ length: 10 }, abort));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  installation.proxies.qdrant.open();
  expect(await operationEnds(installation, id)).toMatchObject({
    status: 'deleted',
    goneAt: expect.any(String),
    operation: { state: 'rolled_back' },
  });
  expect(await observeFromOutside(installation.info, name)).toEqual(NOTHING);
  expect((await abort()).status).toBe(202);
  expect(await answer(id, 'abort')).toMatchObject({ status: 409, body: { code: 'not-stuck' } });
  // Ten requests, one answer: recorded as each was sent, and once with its effect, by the request it came by.
  const effects = await auditedRows(installation.master, { tenantId: id, action: 'answers.abort' });
  expect(effects).toMatchObject([{ channel: 'api', tenantName: name, detail: { reason: 'changed our mind' } }]);
  const requests = await auditedRows(installation.master, { tenantId: id, action: 'tenants.abort', outcome: 'begun' });
  expect(requests.map(({ requestId }) => requestId)).toContain(effects[0]?.requestId);
});

test('a forced deletion interrupts a parked create; nothing is left', async () => {
  const { id, name } = interrupted;
  const { body } = await installation.request('DELETE', `/tenants/${id}?mode=hard&force=true`);
  expect(body['operation']).toMatchObject({ kind: 'hard_delete', state: 'requested' });
  await until('it is gone', async () => (await tenantOf(installation, id)).goneAt !== null);
  expect(await observeFromOutside(installation.info, name)).toEqual(NOTHING);
});

test('a run that was terminated while it was parked: retry starts a new one, which finds the true state', async () => {
  const { id, name } = terminated;
  await installation.operator.client.workflow.getHandle(`tenant-${id}`).terminate('by mistake');
  expect((await answer(id, 'retry')).status).toBe(202);
  expect(await operationEnds(installation, id)).toMatchObject({ status: 'active' });
  expect(await observeFromOutside(installation.info, name)).toMatchObject({
    mongoUsers: [`freeflow_${name}`],
    qdrantTokens: 1,
  });
  standing.push(terminated);
});

describe('answers', () => {
  describeAnswerKeys(() => installation, retried, standing);
});

test('a drop that is skipped is left behind, named, and keeps the name; a later deletion removes it', async () => {
  // It is active by now.
  const tenant = retried;
  installation.proxies.qdrant.shut();
  await installation.request('DELETE', `/tenants/${tenant.id}?mode=hard&force=true`);
  await untilParkedAt(installation, tenant.id, 'qdrant.drop');
  expect(
    await installation.operator.client.workflow.getHandle(`tenant-${tenant.id}`).query('__temporal_workflow_metadata'),
  ).toMatchObject({ currentDetails: expect.stringContaining('waits for an answer: retry or skip') });
  expect(await answer(tenant.id, 'abort')).toMatchObject({ status: 409, body: { code: 'past-point-of-no-return' } });
  expect(await answer(tenant.id, 'skip')).toMatchObject({ status: 400 });
  const before = (await auditedRows(installation.master, { tenantId: tenant.id, action: 'answers.skip' })).length;
  expect((await answer(tenant.id, 'skip', { reason: 'that server is lost' })).status).toBe(202);
  expect(await operationEnds(installation, tenant.id)).toMatchObject({
    status: 'deleting',
    goneAt: null,
    operation: { state: 'incomplete', step: 'qdrant.drop', cause: expect.stringContaining('that server is lost') },
  });
  const skips = await auditedRows(installation.master, { tenantId: tenant.id, action: 'answers.skip' });
  expect(skips).toHaveLength(before + 1);
  expect(skips.at(-1)).toMatchObject({ detail: { steps: ['qdrant.drop'], reason: 'that server is lost' } });
  expect(await installation.request('POST', '/tenants', { name: tenant.name })).toMatchObject({
    status: 409,
    body: { code: 'tenant-name-taken' },
  });
  expect(await observeFromOutside(installation.info, tenant.name)).toMatchObject({
    postgres: null,
    qdrantTokens: 1,
    keycloak: null,
  });
  installation.proxies.qdrant.open();
  expect(await deleteTenant(installation, tenant.id)).toMatchObject({
    status: 'deleted',
    goneAt: expect.any(String),
    operation: { state: 'done' },
  });
  expect(await observeFromOutside(installation.info, tenant.name)).toEqual(NOTHING);
});

describe('both ways', () => {
  describeCancelled(() => installation, worker, standing);
  describeTwoParked(() => installation, standing);
});

// In workflows/tenant-operations and test/resilience/parking-many; here both with the real settings of a worker.
if (IS_LONG)
  describe('left alone', () => {
    let patient: FaultInjectedInstallation;
    beforeAll(async () => {
      patient = await openFaultInjectedInstallation({
        STEP_PATIENCE_MS: '500',
        PARKED_RETRY_MS: '1500',
        PARKED_CREATE_MS: '6000',
      });
    });
    afterAll(() => patient.close());

    test('a parked step goes on by itself once its backend is back', async () => {
      patient.proxies.postgres.shut();
      const id = await askFor(patient, newName('p'));
      await until('it is parked', async () => (await parkedStepsOf(patient, id)).length === 1);
      patient.proxies.postgres.open();
      expect(await operationEnds(patient, id)).toMatchObject({ status: 'active' });
    });

    test('a parked create that nobody answers is rolled back after its time', async () => {
      patient.proxies.qdrant.shut();
      const name = newName('p');
      const id = await askFor(patient, name);
      await until('it is being undone', async () =>
        (await logOf(patient, id)).some((it) => it.step === 'start-rollback'),
      );
      patient.proxies.qdrant.open();
      expect(await operationEnds(patient, id)).toMatchObject({
        status: 'deleted',
        operation: { state: 'rolled_back', step: 'qdrant.create' },
      });
      expect(await observeFromOutside(patient.info, name)).toEqual(NOTHING);
    });
  });
