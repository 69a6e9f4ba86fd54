import { openActivityHarness, type ActivityHarness } from '../test/support/activity-harness';

let harness: ActivityHarness;
beforeAll(async () => {
  harness = await openActivityHarness();
});
afterAll(() => harness.close());

test('a deletion whose secrets are in a vault that this worker was not told of says so, and deletes no row', async () => {
  const tenant = await harness.newTenant('hard_delete');
  const { tenantId, operationId } = tenant;
  const data = {
    tenantId,
    backend: 'qdrant',
    name: 'token',
    vaultRef: `vault://secret/freeflow/${tenantId}/qdrant/token?v=1`,
  } as const;
  await harness.db.tenantSecret.create({ data });
  await expect(harness.run('mark-gone', tenant, {}, { skipped: {} })).rejects.toMatchObject({ type: 'vault-refused' });
  expect(await harness.db.tenantOperation.findUniqueOrThrow({ where: { id: operationId } })).toMatchObject({
    step: 'mark-gone',
    cause: expect.stringContaining('VAULT_ADDR'),
  });
  expect(await harness.db.tenantSecret.count({ where: { tenantId } })).toBe(1);
});
