import { MockActivityEnvironment } from '@temporalio/testing';
import { createMasterClient } from '@freeflow/db-master';
import { inDatabase } from '../test/master';
import { startProxy } from '../test/tcp-proxy';
import { openWorkbench, type Workbench } from '../test/workbench';
import { attempted } from './attempt';

let bench: Workbench;
beforeAll(async () => {
  bench = await openWorkbench();
});
afterAll(() => bench.close());

test.each(['a query', 'a transaction'])('%s whose connection to the master database is cut before the reply: told as the master database, not as something unknown', async (what) => {
  const [{ database }] = await bench.db.$queryRaw<[{ database: string }]>`SELECT current_database() AS database`;
  const direct = new URL(inDatabase(bench.info.masterDatabase.workerUrl, database));
  const proxy = await startProxy(direct.hostname, Number(direct.port));
  direct.port = String(proxy.port);
  const cut = createMasterClient(direct.href, { maxConnections: 1 });
  const tenant = await bench.newTenant();
  const step = attempted(bench.db, 'postgres.create', async () => {
    await cut.tenant.count();
    proxy.trouble({ kind: 'drop-replies', after: what === 'a query' ? 0 : 1 });
    return what === 'a query' ? `${await cut.tenant.count()}` : cut.$transaction(async (tx) => `${await tx.tenant.count()}`);
  });
  const environment = new MockActivityEnvironment({ workflowExecution: { workflowId: `tenant-${tenant.tenantId}`, runId: tenant.runId } });
  await expect(environment.run(step, tenant)).rejects.toMatchObject({ type: 'master-database', details: [{ advice: expect.stringContaining('Check the master database') }] });
  await cut.$disconnect();
  await proxy.close();
});
