import { openActivityHarness, type ActivityHarness } from '../../test/support/activity-harness';

let harness: ActivityHarness;
beforeAll(async () => {
  harness = await openActivityHarness();
});
afterAll(() => harness.close());

test.each(['disable', 'enable'] as const)(
  '%s at another server than the recorded one makes no secret that was missing',
  async (verb) => {
    const tenant = await harness.newTenant();
    const { tenantId } = tenant;
    await harness.run('qdrant.create', tenant);
    const where = { tenantId_kind: { tenantId, kind: 'qdrant' } } as const;
    const { serverId } = await harness.db.tenantResource.findUniqueOrThrow({ where });
    const move = (to: string | null) => harness.db.tenantResource.update({ where, data: { serverId: to } });
    await harness.db.tenantSecret.deleteMany({ where: { tenantId } });
    await move('qdrant:another');
    await expect(harness.run(`qdrant.${verb}`, tenant)).rejects.toMatchObject({ type: 'unknown-server' });
    expect(await harness.db.tenantSecret.count({ where: { tenantId } })).toBe(0);
    await move(serverId);
    await harness.run('qdrant.drop', tenant);
  },
);
