import { BACKEND_KINDS, type BackendKind } from '@freeflow/contract';
import type { Prisma } from '@freeflow/db-master';
import type { Backend } from '../../backends/backend';
import { backendOf, entryOf, secretsOf, target } from '../../test/field/bench';
import { openActivityHarness, type ActivityHarness } from '../../test/support/activity-harness';

let harness: ActivityHarness;
beforeAll(async () => {
  harness = await openActivityHarness();
});
afterAll(() => harness.close());

/** Does something as soon as the backend has looked at the access for the first time, before it looks again. */
function afterFirstLook(backend: Backend, act: () => Promise<unknown>): void {
  let looks = 0;
  const thenAct =
    <A extends unknown[], T>(look: (...given: A) => Promise<T>) =>
    async (...given: A): Promise<T> => {
      const seen = await look(...given);
      if (looks++ === 0) await act();
      return seen;
    };
  if (backend.readAccessState) backend.readAccessState = thenAct(backend.readAccessState.bind(backend));
  if (backend.isCutBegun) backend.isCutBegun = thenAct(backend.isCutBegun.bind(backend));
}

test.each(BACKEND_KINDS)(
  '%s: the cut of an attempt before, which comes between two looks of this one, is not taken for the access as it was',
  async (kind: BackendKind) => {
    const tenant = await harness.newTenant();
    await harness.run(`${kind}.create`, tenant);
    const [late, at] = [backendOf(harness, kind), await target(harness, tenant, kind)];
    const whole = await late.readAccessState?.(at, secretsOf(harness, tenant, kind));
    // As the first attempt has left it: announced, and its call still on its way.
    await harness.db.tenantResource.update({
      where: { tenantId_kind: { tenantId: tenant.tenantId, kind } },
      data: { accessBefore: whole as Prisma.InputJsonObject },
    });
    const second = harness.another();
    let hasCome = false;
    afterFirstLook(backendOf(second, kind), async () => {
      await late.disable(at);
      hasCome = true;
    });
    await second.run(`${kind}.disable`, tenant);
    await second.close();
    expect(hasCome).toBe(true);
    expect((await entryOf(harness, tenant, kind)).accessBefore).toEqual(whole);
    await harness.run(`${kind}.enable`, tenant);
    await harness.run(`${kind}.probe`, tenant);
    await harness.run(`${kind}.drop`, tenant);
  },
);
