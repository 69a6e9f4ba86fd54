import { randomUUID } from 'node:crypto';
import { newName } from '../support/activity-harness';
import { openFaultInjectedInstallation, type FaultInjectedInstallation } from '../support/fault-injected-installation';
import { observeFromOutside, NOTHING } from '../support/outside';
import {
  abortWhenParked,
  askFor,
  createTenant,
  deleteTenant,
  logOf,
  operationEnds,
  parkedStepsOf,
  parksOf,
  tenantOf,
} from '../support/tenants';
import { until } from '../support/until';

let installation: FaultInjectedInstallation;
beforeAll(async () => {
  // Parked steps would try again by themselves in ten minutes only: what goes on here goes on because of an answer.
  installation = await openFaultInjectedInstallation({ STEP_PATIENCE_MS: '500' });
});
afterEach(() => {
  for (const proxy of Object.values(installation.proxies)) proxy.open();
});
afterAll(() => installation.close());

const answer = (id: string, action: string, body?: object, key?: string) =>
  installation.request('POST', `/tenants/${id}/${action}`, body, key === undefined ? {} : { 'idempotency-key': key });
const failuresOf = async (id: string, step: string) =>
  (await logOf(installation, id)).filter((it) => it.step === step && it.status === 'error').length;
/** So often a step is tried that somebody told to go on; some two seconds. */
const ANSWERED_ATTEMPTS = 4;
const parkedAt = (id: string, ...steps: string[]) =>
  until(
    `parked at ${steps.join(', ')}`,
    async () => (await parkedStepsOf(installation, id)).sort().join() === steps.sort().join(),
  );

async function parkedCreate(
  ...backends: ('postgres' | 'mongodb' | 'qdrant' | 'keycloak')[]
): Promise<{ id: string; name: string }> {
  const name = newName('p');
  for (const it of backends) installation.proxies[it].shut();
  const id = await askFor(installation, name);
  await parkedAt(id, ...backends.map((it) => `${it}.create`));
  return { id, name };
}

test('a step that fails for long is parked, visibly: state, step, cause and advice; a retry acts at once', async () => {
  const { id } = await parkedCreate('qdrant');
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
  expect(listed.body['items']).toEqual([expect.objectContaining({ id })]);
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
  installation.proxies.qdrant.open();
  // By itself it would be tried again in ten minutes, longer than this test waits.
  expect((await answer(id, 'retry')).status).toBe(202);
  expect(await operationEnds(installation, id)).toMatchObject({
    status: 'active',
    operation: { state: 'done', cause: null },
  });
});

test.each([
  ['the first, then the second', ['qdrant.create', 'postgres.create']],
  ['the second, then the first', ['postgres.create', 'qdrant.create']],
  ['both at once', [undefined]],
])('two steps parked at once and answered: %s', async (_, order) => {
  const { id } = await parkedCreate('qdrant', 'postgres');
  for (const proxy of [installation.proxies.qdrant, installation.proxies.postgres]) proxy.open();
  for (const step of order)
    expect((await answer(id, 'retry', step === undefined ? undefined : { step })).status).toBe(202);
  expect(await operationEnds(installation, id)).toMatchObject({ status: 'active' });
});

test('a retry rides out a hiccup: it needs no second answer', async () => {
  const { id } = await parkedCreate('postgres');
  const before = await failuresOf(id, 'postgres.create');
  await answer(id, 'retry');
  await until('it has failed again', async () => (await failuresOf(id, 'postgres.create')) > before);
  installation.proxies.postgres.open();
  expect(await operationEnds(installation, id)).toMatchObject({ status: 'active', operation: { state: 'done' } });
});

test('an answer never counts for a later pause: retried in vain, it waits again', async () => {
  const { id } = await parkedCreate('postgres');
  const before = await failuresOf(id, 'postgres.create');
  const [first] = await parksOf(installation, id);
  await answer(id, 'retry');
  await until('it waits anew', async () => {
    const [now] = await parksOf(installation, id);
    return now !== undefined && now.parkId !== first?.parkId;
  });
  expect(await failuresOf(id, 'postgres.create')).toBe(before + ANSWERED_ATTEMPTS);
  expect(await parkedStepsOf(installation, id)).toEqual(['postgres.create']);
  await abortWhenParked(installation, id);
  installation.proxies.postgres.open();
  expect(await operationEnds(installation, id)).toMatchObject({
    status: 'deleted',
    operation: { state: 'rolled_back', cause: expect.stringMatching(/^aborted by /) },
  });
});

test('aborted, nothing is left; the same Idempotency-Key gives the same 202, also when the run has closed since', async () => {
  const { id, name } = await parkedCreate('qdrant');
  const key = randomUUID();
  expect((await answer(id, 'abort', { reason: 'changed our mind' }, key)).status).toBe(202);
  installation.proxies.qdrant.open();
  expect(await operationEnds(installation, id)).toMatchObject({
    status: 'deleted',
    goneAt: expect.any(String),
    operation: { state: 'rolled_back' },
  });
  expect(await observeFromOutside(installation.info, name)).toEqual(NOTHING);
  expect((await answer(id, 'abort', { reason: 'changed our mind' }, key)).status).toBe(202);
  expect(await answer(id, 'abort')).toMatchObject({ status: 409, body: { code: 'not-stuck' } });
});

test('a drop that is skipped is left behind, named, and keeps the name; a later deletion removes it', async () => {
  const tenant = await createTenant(installation, newName('p'));
  installation.proxies.qdrant.shut();
  await installation.request('DELETE', `/tenants/${tenant.id}?mode=hard&force=true`);
  await parkedAt(tenant.id, 'qdrant.drop');
  expect(
    await installation.operator.client.workflow.getHandle(`tenant-${tenant.id}`).query('__temporal_workflow_metadata'),
  ).toMatchObject({ currentDetails: expect.stringContaining('waits for an answer: retry or skip') });
  expect(await answer(tenant.id, 'abort')).toMatchObject({ status: 409, body: { code: 'past-point-of-no-return' } });
  expect(await answer(tenant.id, 'skip')).toMatchObject({ status: 400 });
  expect((await answer(tenant.id, 'skip', { reason: 'that server is lost' })).status).toBe(202);
  expect(await operationEnds(installation, tenant.id)).toMatchObject({
    status: 'deleting',
    goneAt: null,
    operation: { state: 'incomplete', step: 'qdrant.drop', cause: expect.stringContaining('that server is lost') },
  });
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

test('what is not stuck, or not to be skipped, is refused', async () => {
  const { id } = await createTenant(installation, newName('p'));
  for (const action of ['retry', 'abort'])
    expect(await answer(id, action)).toMatchObject({ status: 409, body: { code: 'not-stuck' } });
  expect(await answer(randomUUID(), 'retry')).toMatchObject({ status: 404 });
  const stuck = await parkedCreate('qdrant');
  expect(await answer(stuck.id, 'skip', { reason: 'why not' })).toMatchObject({
    status: 409,
    body: { code: 'not-skippable' },
  });
  expect(await answer(stuck.id, 'retry', { step: 'postgres.create' })).toMatchObject({
    status: 409,
    body: { code: 'not-stuck' },
  });
});

test('a forced deletion interrupts a parked create, and one at work; nothing is left', async () => {
  const { id, name } = await parkedCreate('postgres');
  const { body } = await installation.request('DELETE', `/tenants/${id}?mode=hard&force=true`);
  expect(body['operation']).toMatchObject({ kind: 'hard_delete', state: 'requested' });
  installation.proxies.postgres.open();
  await until('it is gone', async () => (await tenantOf(installation, id)).goneAt !== null);
  expect(await observeFromOutside(installation.info, name)).toEqual(NOTHING);

  installation.proxies.keycloak.stall(2_000);
  installation.proxies.keycloak.renew();
  const other = newName('p');
  const working = await askFor(installation, other);
  await until('it is at work', async () =>
    (await logOf(installation, working)).some((it) => it.step.endsWith('.create')),
  );
  expect((await installation.request('DELETE', `/tenants/${working}?mode=hard&force=true`)).status).toBe(202);
  await until('it is gone', async () => (await tenantOf(installation, working)).goneAt !== null);
  expect(await observeFromOutside(installation.info, other)).toEqual(NOTHING);
  expect(await operationEnds(installation, working)).toMatchObject({
    operation: { kind: 'hard_delete', state: 'done' },
  });
});

test('a run that was terminated while it was parked: retry starts a new one, which finds the true state', async () => {
  const { id, name } = await parkedCreate('qdrant');
  await installation.operator.client.workflow.getHandle(`tenant-${id}`).terminate('by mistake');
  installation.proxies.qdrant.open();
  expect((await answer(id, 'retry')).status).toBe(202);
  expect(await operationEnds(installation, id)).toMatchObject({ status: 'active' });
  expect(await observeFromOutside(installation.info, name)).toMatchObject({
    mongoUsers: [`freeflow_${name}`],
    qdrantTokens: 1,
  });
});

test('one bulk command retries all that are stuck at a step, and tells the result of each', async () => {
  installation.proxies.postgres.shut();
  const ids = await Promise.all(Array.from({ length: 5 }, () => askFor(installation, newName('p'))));
  for (const id of ids) await parkedAt(id, 'postgres.create');
  installation.proxies.postgres.open();
  const { status, body } = await installation.request('POST', '/tenants/retry', { step: 'postgres.create' });
  expect(status).toBe(202);
  const results = body['items'] as { id: string; result: string }[];
  for (const id of ids) expect(results).toContainEqual(expect.objectContaining({ id, result: 'retried' }));
  for (const id of ids) expect(await operationEnds(installation, id)).toMatchObject({ status: 'active' });
});

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

  test('a parked step recovers by itself once its backend is back', async () => {
    patient.proxies.postgres.shut();
    const id = await askFor(patient, newName('p'));
    await until('it is parked', async () => (await parkedStepsOf(patient, id)).length === 1);
    patient.proxies.postgres.open();
    expect(await operationEnds(patient, id)).toMatchObject({ status: 'active' });
  });

  test('a parked create that is not answered is rolled back after its time', async () => {
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
