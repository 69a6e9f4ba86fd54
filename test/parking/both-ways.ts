import type { BackendKind } from '@freeflow/contract';
import { newName } from '../support/activity-harness';
import type { FaultInjectedInstallation } from '../support/fault-injected-installation';
import { observeFromOutside, NOTHING } from '../support/outside';
import { pooled } from '../support/pooled';
import { IS_LONG, sampleOf } from '../support/sample';
import { ALL_IN, ALL_OUT, logInEverywhere } from '../support/tenant-app';
import { askFor, change, createTenant, deleteTenant, operationEnds, parkedStepsOf } from '../support/tenants';
import { until } from '../support/until';

export interface Named {
  id: string;
  name: string;
}

/** The worker of an installation, to be replaced. */
export interface Replaceable {
  stop(): Promise<void>;
  start(): Promise<void>;
}

/**
 * What answers and cancellations come to at the backends, where two steps of one operation stand.
 * @param standing active tenants that are left from before: they are used up first
 */
export function describeBothWays(given: () => FaultInjectedInstallation, worker: Replaceable, standing: Named[]): void {
  let installation: FaultInjectedInstallation;
  beforeAll(() => {
    installation = given();
  });

  const post = async (id: string, action: string, body?: object) =>
    expect(await installation.request('POST', `/tenants/${id}/${action}`, body)).toMatchObject({ status: 202 });
  const parkedAt = (id: string, ...steps: string[]) =>
    until(
      `parked at ${steps.join(', ')}`,
      async () => (await parkedStepsOf(installation, id)).sort().join() === steps.sort().join(),
    );
  const shutProxies = (...backends: BackendKind[]) => backends.forEach((it) => installation.proxies[it].shut());
  const open = (...backends: BackendKind[]) => backends.forEach((it) => installation.proxies[it].open());
  const stall = (backend: BackendKind, ms: number) => {
    installation.proxies[backend].stall(ms);
    installation.proxies[backend].renew();
  };

  const createSome = async (count: number): Promise<Named[]> => {
    const left = standing.splice(0, count);
    const names = Array.from({ length: count - left.length }, () => newName('w'));
    return [...left, ...(await pooled(2, names, (name) => createTenant(installation, name)))];
  };

  /** An operation that has to do the same step at PostgreSQL and Qdrant, and stands at both. */
  interface Case {
    what: string;
    verb: string;
    /** Brings so many tenants there. */
    parkAtBoth: (count: number) => Promise<Named[]>;
    /** What is to be seen when both have been done. */
    ends: object;
    /** What the tenant's own credentials are answered then; nothing where it is gone. */
    access?: object;
  }

  /** Gives up what has parkAtBoth to its end everywhere but at Keycloak, and lets the undo fail at the two others. */
  async function undoing(tenants: readonly Named[], step: string): Promise<void> {
    const verb = step.replace('keycloak.', '').replace('create', 'probe');
    for (const { id } of tenants) {
      await parkedAt(id, step);
      await until(
        'it is done everywhere else',
        hasLogged(id, new RegExp(`^(postgres|mongodb|qdrant)\\.${verb} success`), 3),
      );
    }
    shutProxies('postgres', 'qdrant');
    open('keycloak');
    await Promise.all(tenants.map(({ id }) => post(id, 'abort')));
  }

  async function undoneChange(
    tenants: readonly Named[],
    action: 'suspend' | 'resume',
    step: string,
  ): Promise<readonly Named[]> {
    shutProxies('keycloak');
    await Promise.all(tenants.map(({ id }) => post(id, action)));
    await undoing(tenants, step);
    return tenants;
  }

  const CASES: Case[] = [
    {
      what: 'a deletion',
      verb: 'drop',
      parkAtBoth: async (count) => {
        const tenants = await createSome(count);
        shutProxies('postgres', 'qdrant');
        await Promise.all(
          tenants.map(({ id }) => installation.request('DELETE', `/tenants/${id}?mode=hard&force=true`)),
        );
        return tenants;
      },
      ends: { status: 'deleted', goneAt: expect.any(String), operation: { state: 'done' } },
    },
    {
      what: 'the undo of a create',
      verb: 'drop',
      parkAtBoth: async (count) => {
        shutProxies('keycloak');
        const names = Array.from({ length: count }, () => newName('w'));
        const tenants = await Promise.all(names.map(async (name) => ({ name, id: await askFor(installation, name) })));
        await undoing(tenants, 'keycloak.create');
        return tenants;
      },
      ends: {
        status: 'deleted',
        goneAt: expect.any(String),
        operation: { state: 'rolled_back', step: 'keycloak.create' },
      },
    },
    {
      what: 'the undo of a suspend',
      verb: 'enable',
      parkAtBoth: async (count) => [...(await undoneChange(await createSome(count), 'suspend', 'keycloak.disable'))],
      ends: { status: 'active', operation: { state: 'rolled_back', step: 'keycloak.disable' } },
      access: ALL_IN,
    },
    {
      what: 'the undo of a resume',
      verb: 'disable',
      parkAtBoth: async (count) => {
        const tenants = await createSome(count);
        await Promise.all(tenants.map(({ id }) => change(installation, id, 'suspend')));
        return [...(await undoneChange(tenants, 'resume', 'keycloak.enable'))];
      },
      ends: { status: 'suspended', operation: { state: 'rolled_back', step: 'keycloak.enable' } },
      access: ALL_OUT,
    },
  ];

  const ALL_ORDERS: [string, (BackendKind | undefined)[]][] = [
    ['the first, then the second', ['postgres', 'qdrant']],
    ['the second, then the first', ['qdrant', 'postgres']],
    ['both at once', [undefined]],
  ];
  const ALL_SKIPS: [skipped: BackendKind, retried: BackendKind][] = [
    ['qdrant', 'postgres'],
    ['postgres', 'qdrant'],
  ];

  // The order of answers and the moment of a cancellation are decided by the workflows alone, and are in
  // workflows/answer-orders.integration.test.ts. Here is what they come to at the backends: in the short form what goes
  // forward is retried in one order, what goes back is skipped at one; test/e2e/parking skips at a deletion.
  const SHORT_FORM: Readonly<Record<string, { orders: string[]; skipped: BackendKind[] }>> = {
    'a deletion': { orders: ['the second, then the first'], skipped: [] },
    'the undo of a suspend': { orders: [], skipped: ['postgres'] },
  };
  const ordersOf = (what: string) => ALL_ORDERS.filter(([it]) => IS_LONG || SHORT_FORM[what]?.orders.includes(it));
  const skipsOf = (what: string) => ALL_SKIPS.filter(([it]) => IS_LONG || SHORT_FORM[what]?.skipped.includes(it));

  const cancel = (id: string) => installation.operator.client.workflow.getHandle(`tenant-${id}`).cancel();
  /** Whether its last operation has logged this so many times. */
  const hasLogged =
    (id: string, what: RegExp, times = 1) =>
    async () => {
      const { rows } = await installation.master.query<{ said: string }>(
        `SELECT l.step || ' ' || l.status AS said FROM "TenantProvisionLog" l WHERE "operationId" = (SELECT id FROM "TenantOperation" WHERE "tenantId" = $1 ORDER BY "createdAt" DESC LIMIT 1)`,
        [id],
      );
      return rows.filter((it) => what.test(it.said)).length >= times;
    };

  /** When a running operation with this verb is cancelled; Keycloak is the one that holds it up. */
  const MOMENTS: Record<string, (id: string, verb: string, ask: () => Promise<void>) => Promise<void>> = {
    'when it has just begun': async (id, _, ask) => {
      stall('keycloak', 2_500);
      await ask();
      await until('it has begun', hasLogged(id, /^begin success/));
      await cancel(id);
    },
    'when all but one step are done': async (id, verb, ask) => {
      stall('keycloak', 4_000);
      await ask();
      await until('three are done', hasLogged(id, new RegExp(`\\.${verb} success`), 3));
      await cancel(id);
    },
    'while a step is tried again': async (id, verb, ask) => {
      shutProxies('keycloak');
      await ask();
      await until('it has failed', hasLogged(id, new RegExp(`^keycloak\\.${verb} error`)));
      await cancel(id);
      open('keycloak');
    },
    'while a step is parked': async (id, verb, ask) => {
      shutProxies('keycloak');
      await ask();
      await parkedAt(id, `keycloak.${verb}`);
      open('keycloak');
      await cancel(id);
    },
  };

  const CANCELLED = [
    { action: 'suspend', verb: 'disable', undo: 'enable', status: 'active', becomes: 'suspended', access: ALL_IN },
    { action: 'resume', verb: 'enable', undo: 'disable', status: 'suspended', becomes: 'active', access: ALL_OUT },
  ] as const;

  const moments = sampleOf(Object.keys(MOMENTS), (it) => it === 'when all but one step are done');

  describe.each(sampleOf(CANCELLED, ({ action }) => action === 'suspend'))(
    'a $action, cancelled by an operator',
    ({ action, verb, undo, status, becomes, access }) => {
      // Rolled back it is what it was: one for all.
      let tenant: Named = { id: '', name: '' };
      beforeAll(async () => {
        tenant = (await createSome(1))[0] ?? tenant;
        if (action === 'resume') await change(installation, tenant.id, 'suspend');
      });
      // What was done to it was undone: others go on with it. In the long form it may have been done as well.
      afterAll(async () => {
        if (IS_LONG) await deleteTenant(installation, tenant.id);
        else standing.push(tenant);
      });

      test.each(moments)('%s, is rolled back', async (moment) => {
        const { id, name } = tenant;
        await MOMENTS[moment]?.(id, verb, () => post(id, action));
        expect(await operationEnds(installation, id)).toMatchObject({
          status,
          operation: { kind: action, state: 'rolled_back', step: 'cancelled', cause: 'cancelled by an operator' },
        });
        expect(await logInEverywhere(installation, { id, name })).toEqual(access);
      });

      if (IS_LONG)
        test('while it is being undone already, goes on with that to its end', async () => {
          const { id, name } = tenant;
          shutProxies('keycloak');
          await post(id, action);
          await undoing([{ id, name }], `keycloak.${verb}`);
          await parkedAt(id, `postgres.${undo}`, `qdrant.${undo}`);
          await cancel(id);
          open('postgres', 'qdrant');
          await post(id, 'retry');
          expect(await operationEnds(installation, id)).toMatchObject({
            status,
            operation: { state: 'rolled_back', step: `keycloak.${verb}` },
          });
          expect(await logInEverywhere(installation, { id, name })).toEqual(access);
        });

      // In the short form test/e2e/recovery has it, where there is no worker for a while.
      if (IS_LONG)
        test('before any worker has seen it, ends one way or the other, and the tenant is what the end says', async () => {
          const { id, name } = tenant;
          await worker.stop();
          await post(id, action);
          await until('it has a run', () => cancel(id).then(() => true));
          await worker.start();
          const ended = await operationEnds(installation, id);
          const isBack = ended.operation.state === 'rolled_back';
          expect(ended.operation.kind).toBe(action);
          expect(ended.status).toBe(isBack ? status : becomes);
          expect(await logInEverywhere(installation, { id, name })).toEqual(
            ended.status === 'active' ? ALL_IN : ALL_OUT,
          );
        });
    },
  );

  describe.each(sampleOf(CASES, ({ what }) => what in SHORT_FORM))(
    'two steps of $what parked at once',
    ({ what, verb, parkAtBoth, ends, access }) => {
      const [orders, skips] = [ordersOf(what), skipsOf(what)];
      let stuck: Named[] = [];
      const next = () => stuck.pop() ?? { id: '', name: '' };
      beforeAll(async () => {
        stuck = await parkAtBoth(orders.length + skips.length);
        for (const { id } of stuck) await parkedAt(id, `postgres.${verb}`, `qdrant.${verb}`);
        // Nothing goes on because of that: they stand until they are answered.
        open('postgres', 'qdrant');
      });

      for (const [order, backends] of orders)
        test(`and retried: ${order}`, async () => {
          const { id, name } = next();
          for (const [at, backend] of backends.entries()) {
            await post(id, 'retry', backend === undefined ? undefined : { step: `${backend}.${verb}` });
            // The other one still stands, and reports it, until it is answered itself.
            if (at === 0 && backend !== undefined)
              await parkedAt(id, ...backends.slice(1).map((it) => `${it}.${verb}`));
          }
          expect(await operationEnds(installation, id)).toMatchObject(ends);
          const seen =
            access === undefined
              ? await observeFromOutside(installation.info, name)
              : await logInEverywhere(installation, { id, name });
          expect(seen).toEqual(access ?? NOTHING);
          if (access !== undefined) await deleteTenant(installation, id);
        });

      for (const [skipped, retried] of skips)
        test(`${skipped} skipped and ${retried} retried: what was skipped is named, and a deletion removes it`, async () => {
          const { id, name } = next();
          await post(id, 'skip', { step: `${skipped}.${verb}`, reason: 'lost for good' });
          await parkedAt(id, `${retried}.${verb}`);
          await post(id, 'retry', { step: `${retried}.${verb}` });
          expect(await operationEnds(installation, id)).toMatchObject({
            goneAt: null,
            operation: {
              state: 'incomplete',
              step: `${skipped}.${verb}`,
              cause: expect.stringContaining('lost for good'),
            },
          });
          expect(await deleteTenant(installation, id)).toMatchObject({
            status: 'deleted',
            goneAt: expect.any(String),
            operation: { state: 'done' },
          });
          expect(await observeFromOutside(installation.info, name)).toEqual(NOTHING);
        });
    },
  );
}
