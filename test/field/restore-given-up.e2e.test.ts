import { openFaultyHouse, type FaultyHouse } from '../faulty-house';
import { lookFromOutside, NOTHING } from '../outside';
import { abortWhenParked, change, createTenant, logOf, parked, tenantOf, type Tenant } from '../tenants';
import { until } from '../until';
import { newName } from '../workbench';

/** Long enough for a busy machine to give a restore up and look at it; short enough to be waited for. */
const RETENTION_MS = 10_000;

let house: FaultyHouse;
beforeAll(async () => {
  house = await openFaultyHouse({ STEP_PATIENCE_MS: '500', RETENTION_MS: String(RETENTION_MS), PARKED_RETRY_MS: '1000', SWEEP_INTERVAL_MS: '1000' });
});
afterAll(() => house.close());

const handleOf = (id: string) => house.operator.client.workflow.getHandle(`tenant-${id}`);
const isDue = async (id: string) => (await house.master.query<{ due: boolean }>('SELECT "purgeAt" <= now() AS due FROM "Tenant" WHERE id = $1', [id])).rows[0]?.due === true;

/** Soft-deleted tenants whose restores are parked at Keycloak, and whose purge dates have passed meanwhile. */
async function overdueRestores(count: number): Promise<Tenant[]> {
  const ids = await Promise.all(Array.from({ length: count }, async () => {
    const { id } = await createTenant(house, newName('s'));
    await change(house, id, 'delete');
    return id;
  }));
  house.proxies.keycloak.shut();
  return Promise.all(ids.map(async (id) => {
    expect((await house.request('POST', `/tenants/${id}/restore`)).status).toBe(202);
    await until('it is parked', async () => (await parked(house, id)).length > 0);
    await until('its date has passed', () => isDue(id));
    return tenantOf(house, id);
  }));
}

/** By the master database's clock: what lies between the end of the restore and the purge, in ms. */
const purgedAfter = async (id: string): Promise<number> => {
  const { rows } = await house.master.query<{ ms: string }>(`
    SELECT extract(epoch FROM p."createdAt" - r."endedAt") * 1000 AS ms FROM "TenantOperation" r JOIN "TenantOperation" p USING ("tenantId")
     WHERE r."tenantId" = $1 AND r.kind = 'restore' AND p.kind = 'purge'`, [id]);
  return Number(rows[0]?.ms);
};

/** A new date, told in the operation and in the log. */
async function expectKept({ id, purgeAt }: Tenant, state: string): Promise<void> {
  const isOver = ({ operation }: { operation: Tenant['operation'] }) => operation.kind !== 'restore' || operation.state === state;
  await until('the restore has ended', async () => isOver(await tenantOf(house, id)));
  const { rows: [ended] } = await house.master.query<{ state: string; advice: string }>('SELECT state, advice FROM "TenantOperation" WHERE "tenantId" = $1 AND kind = \'restore\'', [id]);
  const keptUntil = /The data is kept until (\S+), then purged/.exec(ended?.advice ?? '')?.[1] ?? '';
  expect({ state: ended?.state, isLater: Date.parse(keptUntil) > Date.parse(purgeAt ?? '') }).toEqual({ state, isLater: true });
  expect((await logOf(house, id)).filter((it) => it.step === 'revert')).toEqual([expect.objectContaining({ message: expect.stringContaining(`kept until ${keptUntil}`) })]);
}

/** How a restore comes to nothing; its Keycloak comes back with it. */
const ENDINGS: Record<string, { give: (tenant: Tenant) => Promise<unknown>; state: string }> = {
  'aborted by on-call': { give: ({ id }) => abortWhenParked(house, id), state: 'rolled_back' },
  'cancelled in Temporal': { give: ({ id }) => handleOf(id).cancel(), state: 'rolled_back' },
  'aborted, and its undo is skipped': {
    give: async ({ id }) => {
      await abortWhenParked(house, id);
      await until('its undo is parked', async () => (await parked(house, id)).includes('keycloak.disable'));
      await house.request('POST', `/tenants/${id}/skip`, { reason: 'a test' });
    },
    state: 'incomplete',
  },
  'aborted after its run was terminated and begun anew': {
    give: async ({ id }) => {
      await handleOf(id).terminate('a test');
      await house.request('POST', `/tenants/${id}/retry`);
      await until('it is parked again', async () => (await logOf(house, id)).filter((it) => it.step === 'begin').length === 4);
      await until('it can be aborted', async () => (await house.request('POST', `/tenants/${id}/abort`, { reason: 'a test' })).status === 202);
    },
    state: 'rolled_back',
  },
};

let overdue: Tenant[];
beforeAll(async () => {
  const endings = Object.values(ENDINGS);
  overdue = await overdueRestores(endings.length);
  // What waits is not purged, however late it is.
  for (const { name } of overdue) expect(await lookFromOutside(house.info, name)).toMatchObject({ keycloak: { id: expect.any(String) } });
  await Promise.all(endings.map(({ give }, n) => give(overdue[n] as Tenant)));
  house.proxies.keycloak.open();
}, 180_000);

test.each(Object.keys(ENDINGS).map((name, n) => [name, n] as const))('a restore that is %s leaves a full new retention, after which alone the data is purged', async (name, n) => {
  const tenant = overdue[n] as Tenant;
  await expectKept(tenant, ENDINGS[name]?.state ?? '');
  await until('it is purged in the end', async () => (await tenantOf(house, tenant.id)).goneAt !== null);
  expect((await tenantOf(house, tenant.id)).operation).toMatchObject({ kind: 'purge', state: 'done' });
  expect(await lookFromOutside(house.info, tenant.name)).toEqual(NOTHING);
  // Never before its time, by the master database's clock.
  expect(await purgedAfter(tenant.id)).toBeGreaterThanOrEqual(RETENTION_MS);
});
