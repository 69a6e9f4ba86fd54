import { createSecretStore, readSecretKeys } from '@freeflow/lib/secrets';
import type { Backend, Secrets, Target } from '../backends/backend';
import { openActivityHarness, type ActivityHarness } from '../test/support/activity-harness';
import { observeFromOutside } from '../test/support/outside';
import { workerBehind } from '../test/support/worker-behind';

let harness: ActivityHarness;
beforeAll(async () => {
  harness = await openActivityHarness();
});
afterAll(() => harness.close());

const KINDS = ['mongodb', 'qdrant'] as const;
type Probed = (typeof KINDS)[number];

const backendOf = ({ backends }: ActivityHarness, kind: Probed) => backends.find((it) => it.kind === kind) as Backend;

async function targetOf(
  tenantId: string,
  tenantName: string,
  kind: Probed,
): Promise<{ target: Target; secrets: Secrets }> {
  const { name, nonce, externalId } = await harness.db.tenantResource.findUniqueOrThrow({
    where: { tenantId_kind: { tenantId, kind } },
  });
  const store = createSecretStore(harness.db, readSecretKeys(harness.info.secretsKey));
  const own = (await store.list(tenantId)).filter((it) => it.backend === kind);
  const secrets = Object.fromEntries(
    await Promise.all(
      own.map(
        async (it) => [it.name, await store.resolve(it.ref, { tenantId, backend: kind, name: it.name })] as const,
      ),
    ),
  );
  return {
    target: {
      tenantId,
      tenantName,
      name,
      nonce,
      signal: new AbortController().signal,
      announceCall: async () => undefined,
      ...(externalId === null ? {} : { externalId }),
    },
    secrets,
  };
}

describe.each(KINDS)('%s', (kind) => {
  test('a probe leaves nothing among the data of a tenant, whichever of its replies is lost', async () => {
    const { worker, proxy, close } = await workerBehind(harness, kind);
    const tenant = await harness.newTenant();
    await harness.run(`${kind}.create`, tenant);
    const before = await observeFromOutside(harness.info, tenant.name);
    const { target, secrets } = await targetOf(tenant.tenantId, tenant.name, kind);
    let hasFailed = 0;
    for (let after = 0; after < 14; after++) {
      proxy.trouble({ kind: 'drop-replies', after });
      await backendOf(worker, kind)
        .probe(target, secrets)
        .catch(() => hasFailed++);
    }
    expect(hasFailed).toBeGreaterThan(1);
    proxy.trouble();
    expect(await observeFromOutside(harness.info, tenant.name)).toEqual(before);
    await harness.run(`${kind}.drop`, tenant);
    await close();
  });
});
