import { BACKEND_KINDS } from '@freeflow/contract';
import { openActivityHarness, type ActivityHarness } from '../test/support/activity-harness';
import { observeFromOutside, NOTHING } from '../test/support/outside';

let harness: ActivityHarness;

beforeAll(async () => {
  harness = await openActivityHarness();
});
afterAll(() => harness.close());

describe.each(BACKEND_KINDS)('%s', (kind) => {
  const secretsOf = (tenantId: string) =>
    harness.db.tenantSecret.findMany({ where: { tenantId }, orderBy: { name: 'asc' } });
  const ledgerOf = (tenantId: string) =>
    harness.db.tenantResource.findUniqueOrThrow({ where: { tenantId_kind: { tenantId, kind } } });

  test('a second create finds the first one: same id, same secrets, no new object', async () => {
    const tenant = await harness.newTenant();
    await harness.run(`${kind}.create`, tenant);
    const [first, entry, secrets] = [
      await observeFromOutside(harness.info, tenant.name),
      await ledgerOf(tenant.tenantId),
      await secretsOf(tenant.tenantId),
    ];
    await harness.run(`${kind}.create`, tenant);
    expect(first).not.toEqual(NOTHING);
    expect(await observeFromOutside(harness.info, tenant.name)).toEqual(first);
    expect(await secretsOf(tenant.tenantId)).toEqual(secrets);
    expect(await ledgerOf(tenant.tenantId)).toMatchObject({
      state: 'present',
      nonce: entry.nonce,
      externalId: entry.externalId,
      serverId: entry.serverId,
      callStartedAt: null,
    });
    await harness.run(`${kind}.drop`, tenant);
  });

  test('a create stores one secret of each name, the first of which is the one of the connection', async () => {
    const tenant = await harness.newTenant();
    await harness.run(`${kind}.create`, tenant);
    const secrets = await secretsOf(tenant.tenantId);
    const { secretNames } = harness.backends.find((it) => it.kind === kind) ?? { secretNames: [] };
    expect(secrets.map(({ name }) => name)).toEqual([...secretNames].sort());
    const { secretRef } = await harness.db.tenantConnection
      .findFirstOrThrow({ where: { tenantId: tenant.tenantId } })
      .catch(() => ledgerOf(tenant.tenantId));
    expect(secretRef).toContain(secrets.find(({ name }) => name === secretNames[0])?.id);
    await harness.run(`${kind}.drop`, tenant);
  });

  test('two probes leave everything as it was', async () => {
    const tenant = await harness.newTenant();
    await harness.run(`${kind}.create`, tenant);
    const before = await observeFromOutside(harness.info, tenant.name);
    await harness.run(`${kind}.probe`, tenant);
    await harness.run(`${kind}.probe`, tenant);
    expect(await observeFromOutside(harness.info, tenant.name)).toEqual(before);
    await harness.run(`${kind}.drop`, tenant);
  });

  test('a drop leaves nothing, and a second one finds nothing to do', async () => {
    const tenant = await harness.newTenant();
    await harness.run(`${kind}.create`, tenant);
    await harness.run(`${kind}.drop`, tenant);
    expect(await observeFromOutside(harness.info, tenant.name)).toEqual(NOTHING);
    await harness.run(`${kind}.drop`, tenant);
    expect(await observeFromOutside(harness.info, tenant.name)).toEqual(NOTHING);
    expect((await ledgerOf(tenant.tenantId)).state).toBe('absent');
  });

  test('an undo of what never began does nothing', async () => {
    const tenant = await harness.newTenant();
    await harness.run(`${kind}.drop`, tenant);
    const rows = await harness.db.tenantProvisionLog.findMany({ where: { tenantId: tenant.tenantId } });
    expect(rows).toMatchObject([
      { step: `${kind}.drop`, status: 'success', message: 'nothing to drop: it was never created' },
    ]);
  });
});
