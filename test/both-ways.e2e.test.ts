import type { BackendKind } from '@freeflow/db-master';
import { openFaultyHouse, type FaultyHouse } from './faulty-house';
import { lookFromOutside, NOTHING } from './outside';
import { ALL_IN, ALL_OUT, logInEverywhere } from './tenant-app';
import { openOperator, type Operator } from './temporal';
import { askFor, change, createTenant, deleteTenant, logOf, operationEnds, parked, tenantOf, type Tenant } from './tenants';
import { until } from './until';
import { newName } from './workbench';

let house: FaultyHouse;
let operator: Operator;
beforeAll(async () => {
  // Parked steps would try again by themselves in ten minutes only: what goes on here goes on because of an answer.
  house = await openFaultyHouse({ STEP_PATIENCE_MS: '500' });
  operator = await openOperator(house.info);
});
afterEach(() => {
  for (const proxy of Object.values(house.proxies)) {
    proxy.open();
    proxy.stall(0);
  }
});
afterAll(async () => {
  await operator.close();
  await house.close();
});

const post = async (id: string, action: string, body?: object) => expect(await house.request('POST', `/tenants/${id}/${action}`, body)).toMatchObject({ status: 202 });
const parkedAt = (id: string, ...steps: string[]) => until(`parked at ${steps.join(', ')}`, async () => (await parked(house, id)).sort().join() === steps.sort().join());
const shut = (...backends: BackendKind[]) => backends.forEach((it) => house.proxies[it].shut());
const open = (...backends: BackendKind[]) => backends.forEach((it) => house.proxies[it].open());
const stall = (backend: BackendKind, ms: number) => {
  house.proxies[backend].stall(ms);
  house.proxies[backend].renew();
};

interface Stuck {
  id: string;
  name: string;
}

/** An operation that has to do the same two steps at MongoDB and Qdrant, and stands at both. */
interface Case {
  what: string;
  verb: string;
  come: () => Promise<Stuck>;
  /** What is to be seen when both have been done. */
  ends: object;
  /** What the tenant's own credentials are answered then; nothing where it is gone. */
  access?: object;
}

/** Gives up what has come to its end everywhere but at PostgreSQL, and lets the undo fail at the two others. */
async function undoing(id: string, step: string): Promise<void> {
  await parkedAt(id, step);
  shut('mongodb', 'qdrant');
  open('postgres');
  await post(id, 'abort');
}

const CASES: Case[] = [
  {
    what: 'a deletion', verb: 'drop',
    come: async () => {
      const { id, name } = await createTenant(house, newName('w'));
      shut('mongodb', 'qdrant');
      await house.request('DELETE', `/tenants/${id}?mode=hard&force=true`);
      return { id, name };
    },
    ends: { status: 'deleted', goneAt: expect.any(String), operation: { state: 'done' } },
  },
  {
    what: 'the undo of a create', verb: 'drop',
    come: async () => {
      const name = newName('w');
      shut('postgres');
      const id = await askFor(house, name);
      await undoing(id, 'postgres.create');
      return { id, name };
    },
    ends: { status: 'deleted', goneAt: expect.any(String), operation: { state: 'rolled_back', step: 'postgres.create' } },
  },
  {
    what: 'the undo of a suspend', verb: 'enable',
    come: async () => {
      const { id, name } = await createTenant(house, newName('w'));
      shut('postgres');
      await post(id, 'suspend');
      await undoing(id, 'postgres.disable');
      return { id, name };
    },
    ends: { status: 'active', operation: { state: 'rolled_back', step: 'postgres.disable' } },
    access: ALL_IN,
  },
  {
    what: 'the undo of a resume', verb: 'disable',
    come: async () => {
      const { id, name } = await createTenant(house, newName('w'));
      await change(house, id, 'suspend');
      shut('postgres');
      await post(id, 'resume');
      await undoing(id, 'postgres.enable');
      return { id, name };
    },
    ends: { status: 'suspended', operation: { state: 'rolled_back', step: 'postgres.enable' } },
    access: ALL_OUT,
  },
];

const ORDERS: [string, (BackendKind | undefined)[]][] = [
  ['the first, then the second', ['mongodb', 'qdrant']],
  ['the second, then the first', ['qdrant', 'mongodb']],
  ['both at once', [undefined]],
];

describe.each(CASES)('two steps of $what parked at once', ({ verb, come, ends, access }) => {
  test.each(ORDERS)('and retried: %s', async (_, order) => {
    const { id, name } = await come();
    await parkedAt(id, `mongodb.${verb}`, `qdrant.${verb}`);
    open('mongodb', 'qdrant');
    for (const [at, backend] of order.entries()) {
      await post(id, 'retry', backend === undefined ? undefined : { step: `${backend}.${verb}` });
      // The other one still stands, and says so, until it is answered itself.
      if (at === 0 && backend !== undefined) await parkedAt(id, ...order.slice(1).map((it) => `${it}.${verb}`));
    }
    expect(await operationEnds(house, id)).toMatchObject(ends);
    if (access === undefined) {
      expect(await lookFromOutside(house.info, name)).toEqual(NOTHING);
      return;
    }
    expect(await logInEverywhere(house, { id, name })).toEqual(access);
    await deleteTenant(house, id);
  });

  test.each([['qdrant', 'mongodb'], ['mongodb', 'qdrant']] as const)('%s skipped and %s retried: what was skipped is named, and a deletion removes it', async (skipped, retried) => {
    const { id, name } = await come();
    await parkedAt(id, `mongodb.${verb}`, `qdrant.${verb}`);
    await post(id, 'skip', { step: `${skipped}.${verb}`, reason: 'lost for good' });
    await parkedAt(id, `${retried}.${verb}`);
    open('mongodb', 'qdrant');
    await post(id, 'retry', { step: `${retried}.${verb}` });
    expect(await operationEnds(house, id)).toMatchObject({ goneAt: null, operation: { state: 'incomplete', step: `${skipped}.${verb}`, cause: expect.stringContaining('lost for good') } });
    expect(await deleteTenant(house, id)).toMatchObject({ status: 'deleted', goneAt: expect.any(String), operation: { state: 'done' } });
    expect(await lookFromOutside(house.info, name)).toEqual(NOTHING);
  });
});

const cancel = (id: string) => operator.client.workflow.getHandle(`tenant-${id}`).cancel();
const hasLogged = (id: string, what: RegExp, times = 1) => async () => (await logOf(house, id)).filter((it) => what.test(`${it.step} ${it.status}`)).length >= times;

/** When a running operation with this verb is cancelled; Keycloak is the one that holds it up. */
const MOMENTS: Record<string, (id: string, verb: string, ask: () => Promise<void>) => Promise<void>> = {
  'when it has just begun': async (id, _, ask) => {
    stall('keycloak', 2_500);
    const before = (await logOf(house, id)).filter((it) => it.step === 'begin').length;
    await ask();
    await until('it has begun', hasLogged(id, /^begin success/, before + 1));
    await cancel(id);
  },
  'when all but one step are done': async (id, verb, ask) => {
    stall('keycloak', 4_000);
    const before = (await logOf(house, id)).filter((it) => it.step.endsWith(`.${verb}`)).length;
    await ask();
    await until('three are done', hasLogged(id, new RegExp(`\\.${verb} success`), before + 3));
    await cancel(id);
  },
  'while a step is tried again': async (id, verb, ask) => {
    shut('keycloak');
    await ask();
    await until('it has failed', hasLogged(id, new RegExp(`^keycloak\\.${verb} error`)));
    await cancel(id);
    open('keycloak');
  },
  'while a step is parked': async (id, verb, ask) => {
    shut('keycloak');
    await ask();
    await parkedAt(id, `keycloak.${verb}`);
    open('keycloak');
    await cancel(id);
  },
};

describe.each([
  { action: 'suspend', verb: 'disable', prepare: async (it: Tenant) => it, status: 'active', access: ALL_IN },
  { action: 'resume', verb: 'enable', prepare: (it: Tenant) => change(house, it.id, 'suspend'), status: 'suspended', access: ALL_OUT },
])('a $action, cancelled by an operator', ({ action, verb, prepare, status, access }) => {
  test.each(Object.keys(MOMENTS))('%s, is rolled back', async (moment) => {
    const { id, name } = await prepare(await createTenant(house, newName('w')));
    await MOMENTS[moment]?.(id, verb, () => post(id, action));
    expect(await operationEnds(house, id)).toMatchObject({ status, operation: { kind: action, state: 'rolled_back', step: 'cancelled', cause: 'cancelled by an operator' } });
    expect(await logInEverywhere(house, { id, name })).toEqual(access);
    await deleteTenant(house, id);
  });

  test('while it is being undone already, it goes on with that to its end', async () => {
    const { id, name } = await prepare(await createTenant(house, newName('w')));
    shut('postgres');
    await post(id, action);
    await undoing(id, `postgres.${verb}`);
    const undo = verb === 'enable' ? 'disable' : 'enable';
    await parkedAt(id, `mongodb.${undo}`, `qdrant.${undo}`);
    await cancel(id);
    open('mongodb', 'qdrant');
    await post(id, 'retry');
    expect(await operationEnds(house, id)).toMatchObject({ status, operation: { state: 'rolled_back', step: `postgres.${verb}` } });
    expect(await logInEverywhere(house, { id, name })).toEqual(access);
    await deleteTenant(house, id);
  });

  test('before any worker has seen it, it still ends one way or the other, and the tenant is what the end says', async () => {
    const { id, name } = await prepare(await createTenant(house, newName('w')));
    house.proxies.temporal.shut();
    await post(id, action);
    house.proxies.temporal.open();
    await until('it has a run', () => cancel(id).then(() => true), 30_000).catch(() => undefined);
    const ended = await operationEnds(house, id);
    const isBack = ended.operation.state === 'rolled_back';
    expect(ended.status).toBe(isBack ? status : action === 'suspend' ? 'suspended' : 'active');
    expect(await logInEverywhere(house, { id, name })).toEqual((ended.status === 'active' ? ALL_IN : ALL_OUT));
    expect(await tenantOf(house, id)).toMatchObject({ operation: { state: isBack ? 'rolled_back' : 'done' } });
    await deleteTenant(house, id);
  });
});
