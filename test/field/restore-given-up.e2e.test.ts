import { sweepIdOf } from '@freeflow/contract';
import { newName } from '../support/activity-harness';
import { openFaultInjectedInstallation, type FaultInjectedInstallation } from '../support/fault-injected-installation';
import { observeFromOutside, NOTHING } from '../support/outside';
import { sampleOf } from '../support/sample';
import {
  abortWhenParked,
  askFor,
  change,
  logOf,
  operationEnds,
  parkedStepsOf,
  tenantOf,
  type Tenant,
} from '../support/tenants';
import { until } from '../support/until';

/** No test waits for it: that a date has passed is written into the master database. */
const RETENTION_MS = 3_600_000;
/** What four tenants at once may take on a machine that is busy with other things. */
const SLOWEST_MS = 180_000;

let installation: FaultInjectedInstallation;
beforeAll(async () => {
  installation = await openFaultInjectedInstallation({
    STEP_PATIENCE_MS: '500',
    RETENTION_MS: String(RETENTION_MS),
    PARKED_RETRY_MS: '1000',
    SWEEP_INTERVAL_MS: '1000',
  });
});
afterAll(() => installation.close());

const handleOf = (id: string) => installation.operator.client.workflow.getHandle(`tenant-${id}`);
const dateHasPassed = (id: string) =>
  installation.master.query('UPDATE "Tenant" SET "purgeAt" = now() - interval \'1 minute\' WHERE id = $1', [id]);
const sweeps = async () =>
  (await installation.operator.client.schedule.getHandle(sweepIdOf(installation.taskQueue)).describe()).info
    .numActionsTaken;

/** Soft-deleted tenants whose restores are parked at Keycloak, and whose purge dates have passed meanwhile. */
async function overdueRestores(count: number): Promise<Tenant[]> {
  const ids = await Promise.all(
    Array.from({ length: count }, async () => {
      const { id } = await operationEnds(installation, await askFor(installation, newName('s')), SLOWEST_MS);
      await change(installation, id, 'delete');
      return id;
    }),
  );
  installation.proxies.keycloak.shut();
  return Promise.all(
    ids.map(async (id) => {
      expect((await installation.request('POST', `/tenants/${id}/restore`)).status).toBe(202);
      await until('it is parked', async () => (await parkedStepsOf(installation, id)).length > 0);
      await dateHasPassed(id);
      return tenantOf(installation, id);
    }),
  );
}

/** By the master database's clock: what lies between the end of the restore and the date, in ms. */
const keptFor = async (id: string): Promise<number> => {
  const { rows } = await installation.master.query<{ ms: string }>(
    `
    SELECT extract(epoch FROM t."purgeAt" - o."endedAt") * 1000 AS ms FROM "Tenant" t JOIN "TenantOperation" o ON o."tenantId" = t.id
     WHERE t.id = $1 AND o.kind = 'restore'`,
    [id],
  );
  return Number(rows[0]?.ms);
};

/** A full new retention, told in the operation, the log and the API. */
async function expectKept({ id }: Tenant, state: string): Promise<void> {
  const ended = await operationEnds(installation, id);
  expect(ended).toMatchObject({ status: 'deleted', goneAt: null, operation: { kind: 'restore', state } });
  expect(await keptFor(id)).toBe(RETENTION_MS);
  expect(ended.operation.advice).toContain(`The data is kept until ${ended.purgeAt}, then purged`);
  expect((await logOf(installation, id)).at(-1)).toMatchObject({
    step: 'restore-status',
    message: expect.stringContaining(`kept until ${ended.purgeAt}`),
  });
}

/** How a restore comes to nothing; its Keycloak comes back with it. */
const ENDINGS: Record<string, { give: (tenant: Tenant) => Promise<unknown>; state: string }> = {
  'aborted by on-call': { give: ({ id }) => abortWhenParked(installation, id), state: 'rolled_back' },
  'cancelled in Temporal': { give: ({ id }) => handleOf(id).cancel(), state: 'rolled_back' },
  'aborted, and its undo is skipped': {
    give: async ({ id }) => {
      await abortWhenParked(installation, id);
      await until('its undo is parked', async () =>
        (await parkedStepsOf(installation, id)).includes('keycloak.disable'),
      );
      await installation.request('POST', `/tenants/${id}/skip`, { reason: 'a test' });
    },
    state: 'incomplete',
  },
  'aborted after its run was terminated and begun anew': {
    give: async ({ id }) => {
      await handleOf(id).terminate('a test');
      await installation.request('POST', `/tenants/${id}/retry`);
      await until(
        'it is parked again',
        async () => (await logOf(installation, id)).filter((it) => it.step === 'begin').length === 4,
      );
      await until(
        'it can be aborted',
        async () => (await installation.request('POST', `/tenants/${id}/abort`, { reason: 'a test' })).status === 202,
      );
    },
    state: 'rolled_back',
  },
};

// How a run comes to be given up is decided by the workflows alone (workflows/answer-orders): in the short form an undo
// that is done, by a run that did not begin the restore, and one that is skipped.
const chosen = sampleOf(Object.keys(ENDINGS), (it) => /skipped|begun anew/.test(it));

let overdue: Tenant[];
beforeAll(async () => {
  overdue = await overdueRestores(chosen.length);
  await Promise.all(overdue.map(async (tenant, n) => ENDINGS[chosen[n] ?? '']?.give(tenant)));
  installation.proxies.keycloak.open();
  for (const { id } of overdue) await operationEnds(installation, id);
  const before = await sweeps();
  await until('the sweep has run', async () => (await sweeps()) >= before + 2);
}, 3 * SLOWEST_MS);

test.each(chosen.map((name, n) => [name, n] as const))(
  'a restore that is %s after its date leaves a full new retention, and no sweep purges it',
  async (name, n) => {
    const tenant = overdue[n];
    if (tenant === undefined) throw new Error('no tenant');
    await expectKept(tenant, ENDINGS[name]?.state ?? '');
    expect(await observeFromOutside(installation.info, tenant.name)).toMatchObject({
      postgres: { owner: expect.any(String) },
      keycloak: { id: expect.any(String) },
    });
  },
);

test('it is purged once the new date has passed as well', async () => {
  const [tenant] = overdue;
  if (tenant === undefined) throw new Error('no tenant');
  await dateHasPassed(tenant.id);
  await until('it is purged', async () => (await tenantOf(installation, tenant.id)).goneAt !== null);
  expect((await tenantOf(installation, tenant.id)).operation).toMatchObject({ kind: 'purge', state: 'done' });
  expect(await observeFromOutside(installation.info, tenant.name)).toEqual(NOTHING);
});
