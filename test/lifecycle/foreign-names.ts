import { readStackInfo } from '../../stack/stack-info';
import { newName } from '../support/activity-harness';
import { foreignResourcesAt, type ForeignResource } from '../support/foreign-resources';
import type { TestInstallation } from '../support/installation';
import { TEST_STACK } from '../support/master';
import { observeFromOutside, NOTHING } from '../support/outside';
import { createTenant, deleteTenant, logOf } from '../support/tenants';

/**
 * Creates over what is not ours, in an ordinary installation: one name for all, free again once a thing of another
 * party is gone.
 */
export function describeForeignNames(given: () => TestInstallation): void {
  const name = newName('f');

  test.each(foreignResourcesAt(readStackInfo(TEST_STACK)))(
    '$what of that name which is not ours stays untouched; the create is undone and says whose it is',
    (it) => createOver(given(), name, it),
  );

  // The way out that the advice names.
  test('once they are gone, the name can be used', async () => {
    const { id, status } = await createTenant(given(), name);
    expect(status).toBe('active');
    await deleteTenant(given(), id);
  });
}

async function createOver(
  installation: TestInstallation,
  name: string,
  { step, make, content, remove, seen }: ForeignResource,
): Promise<void> {
  await make(name);
  try {
    const before = await content(name);

    const tenant = await createTenant(installation, name);
    expect(tenant).toMatchObject({
      status: 'deleted',
      goneAt: expect.any(String),
      operation: {
        state: 'rolled_back',
        step,
        cause: expect.stringContaining(`freeflow`),
        advice: expect.stringContaining('foreign resource'),
      },
    });
    expect(await content(name)).toEqual(before);
    expect(await observeFromOutside(installation.info, name)).toEqual({ ...NOTHING, ...seen(name) });
    const row = (await logOf(installation, tenant.id)).find((it) => it.step === step);
    expect(row).toMatchObject({ status: 'error', message: expect.stringMatching(/^foreign-resource: /) });
  } finally {
    await remove(name);
  }
}
