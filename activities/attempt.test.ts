import { setTimeout as delay } from 'node:timers/promises';
import { CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createMasterClient, type Prisma, type PrismaClient } from '@freeflow/db-master';
import { inDatabase } from '../test/master';
import { startProxy, type TcpProxy } from '../test/tcp-proxy';
import { openWorkbench, type Workbench } from '../test/workbench';
import { attempted } from './attempt';
import { messageOf } from './failures';

let bench: Workbench;
beforeAll(async () => {
  bench = await openWorkbench();
});
afterAll(() => bench.close());

type Cut = (db: PrismaClient, proxy: TcpProxy) => Promise<unknown>;
const CUTS: [string, Cut][] = [
  ['before the reply to a query', (db, proxy) => {
    proxy.trouble({ kind: 'drop-replies', after: 0 });
    return db.tenant.count();
  }],
  ['before the reply to a query of a transaction', (db, proxy) => {
    proxy.trouble({ kind: 'drop-replies', after: 1 });
    return db.$transaction((tx) => tx.tenant.count());
  }],
  ['between two queries of a transaction', (db, proxy) => db.$transaction(async (tx) => {
    await tx.tenant.count();
    proxy.renew();
    await delay(100);
    return tx.tenant.count();
  })],
];

test.each(CUTS)('the connection to the master database is cut %s: told as that, not as something unknown', async (_, cut) => {
  const [{ database }] = await bench.db.$queryRaw<[{ database: string }]>`SELECT current_database() AS database`;
  const url = new URL(inDatabase(bench.info.masterDatabase.workerUrl, database));
  const proxy = await startProxy(url.hostname, Number(url.port));
  url.port = String(proxy.port);
  const db = createMasterClient(url.href, { maxConnections: 1 });
  const tenant = await bench.newTenant();
  const step = attempted(bench.db, 'postgres.create', async () => {
    await db.tenant.count();
    return String(await cut(db, proxy));
  });
  const environment = new MockActivityEnvironment({ workflowExecution: { workflowId: `tenant-${tenant.tenantId}`, runId: tenant.runId } });
  await expect(environment.run(step, tenant)).rejects.toMatchObject({ type: 'master-database', details: [{ advice: expect.stringContaining('Check the master database') }] });
  await db.$disconnect();
  await proxy.close();
});

test.each([
  ['CANCELLED', 'cancelled before it did anything: the operation is being undone'],
  ['NOT_FOUND', 'superseded: Temporal has given up this attempt (NOT_FOUND) before it did anything'],
] as const)('an attempt that is cancelled by %s before it did anything says why', async (reason, message) => {
  const tenant = await bench.newTenant();
  const environment = new MockActivityEnvironment({ workflowExecution: { workflowId: `tenant-${tenant.tenantId}`, runId: tenant.runId } });
  const step = attempted(bench.db, 'postgres.create', async ({ cancelled }) => {
    environment.cancel(reason);
    cancelled.throwIfAborted();
    return 'done';
  });
  await expect(environment.run(step, tenant)).rejects.toBeInstanceOf(CancelledFailure);
  expect(await bench.db.tenantProvisionLog.findMany({ where: { tenantId: tenant.tenantId } })).toMatchObject([{ status: 'error', message }]);
});

test('a transaction that the master database refuses at its end is told in the server\'s own words', async () => {
  const [one, other] = [await bench.newTenant(), await bench.newTenant()];
  const isolationLevel = 'Serializable';
  // Each reads what the other writes: only one of them can have been the first.
  const reads = (tx: Prisma.TransactionClient, { tenantId }: { tenantId: string }) => tx.tenant.findUniqueOrThrow({ where: { id: tenantId } });
  const writes = (tx: Prisma.TransactionClient, { tenantId }: { tenantId: string }) => tx.tenant.update({ where: { id: tenantId }, data: { logSeq: { increment: 1 } } });
  const error = await bench.db.$transaction(async (tx) => {
    await reads(tx, one);
    await writes(tx, other);
    await bench.db.$transaction(async (inner) => {
      await reads(inner, other);
      await writes(inner, one);
    }, { isolationLevel });
  }, { isolationLevel }).catch((it: unknown) => it);
  expect(messageOf(error)).toMatch(/could not serialize access/);
});
