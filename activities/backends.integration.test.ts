import type { BackendKind } from '@freeflow/contract';
import { lookFromOutside, NOTHING } from '../test/support/outside';
import { openWorkbench, type Workbench } from '../test/support/workbench';

const KINDS: BackendKind[] = ['postgres', 'mongodb', 'qdrant', 'keycloak'];
let bench: Workbench;

beforeAll(async () => {
  bench = await openWorkbench();
});
afterAll(() => bench.close());

describe.each(KINDS)('%s', (kind) => {
  const secretsOf = (tenantId: string) =>
    bench.db.tenantSecret.findMany({ where: { tenantId }, orderBy: { name: 'asc' } });
  const ledgerOf = (tenantId: string) =>
    bench.db.tenantResource.findUniqueOrThrow({ where: { tenantId_kind: { tenantId, kind } } });

  test('a second create finds the first one: same id, same secrets, no new object', async () => {
    const tenant = await bench.newTenant();
    await bench.run(`${kind}.create`, tenant);
    const [first, entry, secrets] = [
      await lookFromOutside(bench.info, tenant.name),
      await ledgerOf(tenant.tenantId),
      await secretsOf(tenant.tenantId),
    ];
    await bench.run(`${kind}.create`, tenant);
    expect(first).not.toEqual(NOTHING);
    expect(await lookFromOutside(bench.info, tenant.name)).toEqual(first);
    expect(await secretsOf(tenant.tenantId)).toEqual(secrets);
    expect(await ledgerOf(tenant.tenantId)).toMatchObject({
      state: 'present',
      nonce: entry.nonce,
      externalId: entry.externalId,
      serverId: entry.serverId,
      callStartedAt: null,
    });
    await bench.run(`${kind}.drop`, tenant);
  });

  test('two probes leave everything as it was', async () => {
    const tenant = await bench.newTenant();
    await bench.run(`${kind}.create`, tenant);
    const before = await lookFromOutside(bench.info, tenant.name);
    await bench.run(`${kind}.probe`, tenant);
    await bench.run(`${kind}.probe`, tenant);
    expect(await lookFromOutside(bench.info, tenant.name)).toEqual(before);
    await bench.run(`${kind}.drop`, tenant);
  });

  test('a drop leaves nothing, and a second one finds nothing to do', async () => {
    const tenant = await bench.newTenant();
    await bench.run(`${kind}.create`, tenant);
    await bench.run(`${kind}.drop`, tenant);
    expect(await lookFromOutside(bench.info, tenant.name)).toEqual(NOTHING);
    await bench.run(`${kind}.drop`, tenant);
    expect(await lookFromOutside(bench.info, tenant.name)).toEqual(NOTHING);
    expect((await ledgerOf(tenant.tenantId)).state).toBe('absent');
  });

  test('an undo of what never began does nothing', async () => {
    const tenant = await bench.newTenant();
    await bench.run(`${kind}.drop`, tenant);
    const rows = await bench.db.tenantProvisionLog.findMany({ where: { tenantId: tenant.tenantId } });
    expect(rows).toMatchObject([{ step: `${kind}.drop`, status: 'success', message: 'nothing was ever made here' }]);
  });
});
