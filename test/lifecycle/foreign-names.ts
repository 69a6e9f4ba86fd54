import { readStackInfo } from '../../stack/stack-info';
import { newName } from '../support/activity-harness';
import { foreignResourcesAt } from '../support/foreign-resources';
import type { TestInstallation } from '../support/installation';
import { TEST_STACK } from '../support/master';
import { observeFromOutside, NOTHING } from '../support/outside';
import { IS_LONG } from '../support/sample';
import { createTenant, logOf } from '../support/tenants';

/** Creates over what is not ours, in an ordinary installation. */
export function describeForeignNames(given: () => TestInstallation): void {
  let installation: TestInstallation;

  beforeAll(() => {
    installation = given();
  });

  /** In the short form once for each backend: how a thing of that backend came there is no matter once it is gone. */
  const isMadeAnew = (what: string): boolean =>
    IS_LONG || /PostgreSQL role|MongoDB user|Qdrant collection|Keycloak realm/.test(what);

  test.each(foreignResourcesAt(readStackInfo(TEST_STACK)))(
    '$what of that name which is not ours stays untouched; the create is undone and says whose it is',
    async ({ what, step, make, content, remove, seen }) => {
      const name = newName('f');
      await make(name);
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

      // The way out that the advice names: once it is gone, the name can be used.
      await remove(name);
      if (!isMadeAnew(what)) return;
      expect((await createTenant(installation, name)).status).toBe('active');
    },
  );
}
