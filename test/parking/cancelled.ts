import type { FaultInjectedInstallation } from '../support/fault-injected-installation';
import { IS_LONG, sampleOf } from '../support/sample';
import { ALL_IN, ALL_OUT, logInEverywhere } from '../support/tenant-app';
import { change, deleteTenant, untilParkedAt, operationEnds } from '../support/tenants';
import { until } from '../support/until';
import { createParkingBench, type Named, type Replaceable } from './parking-bench';

/** What a cancellation comes to at the backends; its moment is decided by the workflows alone, and is in workflows/. */
export function describeCancelled(
  given: () => FaultInjectedInstallation,
  worker: Replaceable,
  standing: Named[],
): void {
  let installation: FaultInjectedInstallation;
  beforeAll(() => {
    installation = given();
  });
  const { post, shutProxies, open, stall, createSome, hasLogged, undoing } = createParkingBench(given, standing);

  const cancel = (id: string) => installation.operator.client.workflow.getHandle(`tenant-${id}`).cancel();
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
      await untilParkedAt(installation, id, `keycloak.${verb}`);
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
          await untilParkedAt(installation, id, `postgres.${undo}`, `qdrant.${undo}`);
          await cancel(id);
          open('postgres', 'qdrant');
          await post(id, 'retry');
          expect(await operationEnds(installation, id)).toMatchObject({
            status,
            operation: { state: 'rolled_back', step: `keycloak.${verb}` },
          });
          expect(await logInEverywhere(installation, { id, name })).toEqual(access);
        });

      // In the short form test/resilience/recovery has it, where there is no worker for a while.
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
}
