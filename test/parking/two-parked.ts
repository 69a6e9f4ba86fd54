import type { BackendKind } from '@freeflow/contract';
import { newName } from '../support/activity-harness';
import type { FaultInjectedInstallation } from '../support/fault-injected-installation';
import { observeFromOutside, NOTHING } from '../support/outside';
import { IS_LONG, sampleOf } from '../support/sample';
import { ALL_IN, ALL_OUT, logInEverywhere } from '../support/tenant-app';
import { askFor, change, deleteTenant, untilParkedAt, operationEnds } from '../support/tenants';
import { createParkingBench, type Named } from './parking-bench';

/** What answers come to at the backends, where two steps of one operation stand. */
export function describeTwoParked(given: () => FaultInjectedInstallation, standing: Named[]): void {
  let installation: FaultInjectedInstallation;
  beforeAll(() => {
    installation = given();
  });
  const { post, shutProxies, open, createSome, undoing } = createParkingBench(given, standing);

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

  describe.each(sampleOf(CASES, ({ what }) => what in SHORT_FORM))(
    'two steps of $what parked at once',
    ({ what, verb, parkAtBoth, ends, access }) => {
      const [orders, skips] = [ordersOf(what), skipsOf(what)];
      let stuck: Named[] = [];
      const next = () => stuck.pop() ?? { id: '', name: '' };
      beforeAll(async () => {
        stuck = await parkAtBoth(orders.length + skips.length);
        for (const { id } of stuck) await untilParkedAt(installation, id, `postgres.${verb}`, `qdrant.${verb}`);
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
              await untilParkedAt(installation, id, ...backends.slice(1).map((it) => `${it}.${verb}`));
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
          await untilParkedAt(installation, id, `${retried}.${verb}`);
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
