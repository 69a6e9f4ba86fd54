import { readStackInfo } from '../../stack/stack-info';
import { newName } from '../support/activity-harness';
import { foreignResourcesAt, type ForeignResource } from '../support/foreign-resources';
import type { TestInstallation } from '../support/installation';
import { TEST_STACK } from '../support/master';
import { observeFromOutside, NOTHING } from '../support/outside';
import { gateFor } from '../support/pooled';
import { IS_LONG } from '../support/sample';
import { createTenant, logOf } from '../support/tenants';

/** Creates over what is not ours, in an ordinary installation. */
export function describeForeignNames(given: () => TestInstallation): void {
  const resources = foreignResourcesAt(readStackInfo(TEST_STACK));
  /** They have nothing to do with each other: some at a time. */
  const done = new Map<string, Promise<void>>();
  beforeAll(() => {
    const [gate, installation] = [gateFor(3), given()];
    for (const it of resources)
      done.set(
        it.what,
        gate(() => createOver(installation, it)),
      );
    // A later await still gets the error all the same.
    for (const it of done.values()) it.catch(() => undefined);
  });
  // None is left in progress when another one fails.
  afterAll(async () => void (await Promise.allSettled([...done.values()])));

  test.each(resources)(
    '$what of that name which is not ours stays untouched; the create is undone and says whose it is',
    async ({ what }) => {
      await expect(done.get(what)).resolves.toBeUndefined();
    },
  );
}

/** In the short form once for each backend: how a thing of that backend came there is no matter once it is gone. */
const isMadeAnew = (what: string): boolean =>
  IS_LONG || /PostgreSQL role|MongoDB user|Qdrant collection|Keycloak realm/.test(what);

async function createOver(
  installation: TestInstallation,
  { what, step, make, content, remove, seen }: ForeignResource,
): Promise<void> {
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
}
