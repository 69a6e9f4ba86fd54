import { createSecretStore, readSecretKeys } from '@freeflow/db-master';
import { lookFromOutside } from '../test/outside';
import { until } from '../test/until';
import { openWorkbench, type Workbench } from '../test/workbench';
import { workerBehind } from '../test/worker-behind';
import type { Backend, Secrets, Target } from './backend';

let bench: Workbench;
beforeAll(async () => {
  bench = await openWorkbench();
});
afterAll(() => bench.close());

/** The backends whose probes write. */
const KINDS = ['mongodb', 'qdrant'] as const;
type Writing = (typeof KINDS)[number];


const backendOf = ({ backends }: Workbench, kind: Writing) => backends.find((it) => it.kind === kind) as Backend;

async function targetOf(tenantId: string, tenantName: string, kind: Writing): Promise<{ target: Target; secrets: Secrets }> {
  const { name, nonce, externalId } = await bench.db.tenantResource.findUniqueOrThrow({ where: { tenantId_kind: { tenantId, kind } } });
  const store = createSecretStore(bench.db, readSecretKeys(bench.info.secretsKey));
  const own = (await store.list(tenantId)).filter((it) => it.backend === kind);
  const secrets = Object.fromEntries(await Promise.all(own.map(async (it) => [it.name, await store.resolve(it.ref, { tenantId, backend: kind, name: it.name })] as const)));
  return { target: { tenantId, tenantName, name, nonce, signal: new AbortController().signal, announceCall: async () => undefined, ...(externalId === null ? {} : { externalId }) }, secrets };
}

describe.each(KINDS)('%s', (kind) => {
  test('what a probe has written whose reply was lost, the next one removes', async () => {
    const { worker, proxy, close } = await workerBehind(bench, kind);
    const tenant = await bench.newTenant();
    await bench.run(`${kind}.create`, tenant);
    const before = await lookFromOutside(bench.info, tenant.name);
    const { target, secrets } = await targetOf(tenant.tenantId, tenant.name, kind);
    let hasFailed = 0;
    // Cut after each of the first replies in turn: one of these cuts comes right after the writing.
    for (let after = 0; after < 14; after++) {
      proxy.trouble({ kind: 'drop-replies', after });
      await backendOf(worker, kind).probe(target, secrets).catch(() => hasFailed++);
    }
    expect(hasFailed).toBeGreaterThan(1);
    proxy.trouble();
    await backendOf(worker, kind).probe(target, secrets);
    expect(await lookFromOutside(bench.info, tenant.name)).toEqual(before);
    await bench.run(`${kind}.drop`, tenant);
    await close();
  });

  test.each(['probe', 'enable'] as const)('%s waits until an earlier one without an answer can not write any more', async (verb) => {
    const tenant = await bench.newTenant();
    await bench.run(`${kind}.create`, tenant);
    if (verb === 'enable') await bench.run(`${kind}.disable`, tenant);
    const { callTimeoutMs } = backendOf(bench, kind);
    const where = { tenantId_kind: { tenantId: tenant.tenantId, kind } };
    await bench.db.tenantResource.update({ where, data: { callStartedAt: new Date(Date.now() - callTimeoutMs + 3_000) } });
    const startedAt = performance.now();
    await bench.run(`${kind}.${verb}`, tenant);
    const tookS = (performance.now() - startedAt) / 1_000;
    expect({ isTooEarly: tookS < 2, isTooLate: tookS > 15 }).toEqual({ isTooEarly: false, isTooLate: false });
    await bench.run(`${kind}.drop`, tenant);
  });

  test('while a probe is under way the ledger says that it may still write', async () => {
    const { worker, proxy, close } = await workerBehind(bench, kind);
    const tenant = await bench.newTenant();
    await worker.run(`${kind}.create`, tenant);
    const callStartedAt = async () => (await bench.db.tenantResource.findUniqueOrThrow({ where: { tenantId_kind: { tenantId: tenant.tenantId, kind } } })).callStartedAt;
    expect(await callStartedAt()).toBeNull();
    proxy.trouble({ kind: 'delay', ms: 200 });
    const probing = worker.run(`${kind}.probe`, tenant);
    await until('it is announced', async () => (await callStartedAt()) !== null);
    proxy.trouble();
    await probing;
    expect(await callStartedAt()).toBeNull();
    await bench.run(`${kind}.drop`, tenant);
    await close();
  });
});
