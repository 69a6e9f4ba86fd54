import { BACKEND_KINDS, sweepIdOf } from '@freeflow/contract';
import { describeAdoption } from '../access/adoption';
import { newName } from '../support/activity-harness';
import { openFaultInjectedInstallation, type FaultInjectedInstallation } from '../support/fault-injected-installation';
import { fill, fingerprint } from '../support/fingerprint';
import { observeFromOutside, NOTHING } from '../support/outside';
import { sampleOf } from '../support/sample';
import { ALL_IN, ALL_OUT, answersOf, startApp, type TenantApp } from '../support/tenant-app';
import { abortWhenParked, change, createTenant, logOf, operationEnds, tenantOf, type Tenant } from '../support/tenants';
import { until } from '../support/until';

const RETENTION_MS = 4_000;

// One tenant for all about its access: the tests go on where the one before has left it, active and with its data.
let installation: FaultInjectedInstallation;
let tenant: Tenant;
let app: TenantApp;
let before: string;
beforeAll(async () => {
  installation = await openFaultInjectedInstallation({
    RETENTION_MS: String(RETENTION_MS),
    STEP_PATIENCE_MS: '1000',
  });
  tenant = await createTenant(installation, newName('s'));
  await fill(installation.info, tenant.name);
  app = await startApp(installation, tenant);
  before = await fingerprintOf(tenant);
});
afterAll(async () => {
  await app.close();
  await installation.close();
});

const fingerprintOf = ({ name }: Tenant) => fingerprint(installation.info, name, { saltedHashes: false });
/** Waits until a sweep that begins now, or later, has ended. */
async function sweepHasEnded(): Promise<void> {
  const schedule = installation.operator.client.schedule.getHandle(sweepIdOf(installation.taskQueue));
  const before = (await schedule.describe()).info.numActionsTaken;
  await schedule.trigger();
  await until('a sweep has ended', async () => {
    const { numActionsTaken, runningActions } = (await schedule.describe()).info;
    return numActionsTaken > before && runningActions.length === 0;
  });
}

/** Changes what keeps a tenant from being deleted. */
async function keep(id: string, method: string, rest: string, body?: object): Promise<void> {
  const { status, text } = await installation.request(method, `/tenants/${id}${rest}`, body);
  if (status !== 200) throw new Error(`${method} ${rest}: ${status} ${text}`);
}
const hold = (id: string, until: Date) => keep(id, 'PUT', '/hold', { until: until.toISOString(), reason: 'a test' });
const unhold = (id: string) => keep(id, 'DELETE', '/hold');
const protect = (id: string, deletionProtected: boolean) => keep(id, 'PATCH', '', { deletionProtected });

test('suspended, a tenant is out of all four backends, open connections included; resumed, all is as it was', async () => {
  expect(await answersOf(app.logIn)).toEqual(ALL_IN);
  expect(await answersOf(app.goOn)).toEqual(ALL_IN);

  expect(await change(installation, tenant.id, 'suspend')).toMatchObject({
    status: 'suspended',
    operation: { kind: 'suspend', state: 'done' },
  });
  expect(await answersOf(app.logIn)).toEqual(ALL_OUT);
  const open = await answersOf(app.goOn);
  expect(open).toEqual({
    ...ALL_OUT,
    postgres: expect.stringMatching(/57P01|not queryable|terminated/),
    mongodb: '13',
    keycloak: '401',
  });

  expect(await change(installation, tenant.id, 'resume')).toMatchObject({
    status: 'active',
    operation: { kind: 'resume', state: 'done' },
  });
  expect(await answersOf(app.logIn)).toEqual(ALL_IN);
  expect(await fingerprintOf(tenant)).toBe(before);
});

test('soft-deleted, a tenant is out and its data kept; restored, the same credentials work on the same data', async () => {
  const deleted = await change(installation, tenant.id, 'delete');
  await hold(tenant.id, new Date(Date.now() + 60_000));
  expect(deleted).toMatchObject({ status: 'deleted', goneAt: null, operation: { kind: 'soft_delete', state: 'done' } });
  expect(Date.parse(deleted.purgeAt ?? '') - Date.now()).toBeLessThanOrEqual(RETENTION_MS);
  expect(await answersOf(app.logIn)).toEqual(ALL_OUT);

  expect(await change(installation, tenant.id, 'restore')).toMatchObject({ status: 'active', purgeAt: null });
  expect(await answersOf(app.logIn)).toEqual(ALL_IN);
  expect(await fingerprintOf(tenant)).toBe(before);
});

test('a tenant that was suspended when it was deleted is suspended again when it is restored', async () => {
  await change(installation, tenant.id, 'suspend');
  await change(installation, tenant.id, 'delete');
  await hold(tenant.id, new Date(Date.now() + 60_000));
  expect(await change(installation, tenant.id, 'restore')).toMatchObject({ status: 'suspended' });
  expect(await answersOf(app.logIn)).toEqual(ALL_OUT);
  expect(await change(installation, tenant.id, 'resume')).toMatchObject({ status: 'active' });
  expect(await answersOf(app.logIn)).toEqual(ALL_IN);
});

test.each(sampleOf(BACKEND_KINDS, (it) => it === 'qdrant'))(
  'a suspend that is aborted at %s leaves the tenant as it was, and reports why',
  async (kind) => {
    installation.proxies[kind].shut();
    await installation.request('POST', `/tenants/${tenant.id}/suspend`);
    await abortWhenParked(installation, tenant.id);
    installation.proxies[kind].open();
    expect(await operationEnds(installation, tenant.id)).toMatchObject({
      status: 'active',
      operation: { state: 'rolled_back', step: `${kind}.disable`, cause: expect.stringContaining(kind) },
    });
    expect(await answersOf(app.logIn)).toEqual(ALL_IN);
    expect((await logOf(installation, tenant.id)).at(-1)).toMatchObject({ step: 'restore-status', status: 'success' });
  },
);

test('when the retention time is over the schedule purges it, but never while it is on hold or protected; the proof stays', async () => {
  await change(installation, tenant.id, 'delete');
  await hold(tenant.id, new Date(Date.now() + 3_600_000));
  const due = await tenantOf(installation, tenant.id);
  await until('its retention time is over', async () => Date.now() > Date.parse(due.purgeAt ?? ''));
  const isKept = async () => {
    await sweepHasEnded();
    expect(await tenantOf(installation, tenant.id)).toMatchObject({
      status: 'deleted',
      goneAt: null,
      operation: { kind: 'soft_delete' },
    });
  };
  await isKept();
  await protect(tenant.id, true);
  await unhold(tenant.id);
  await isKept();
  await protect(tenant.id, false);

  const gone = await until('it is gone', async () => {
    const it = await tenantOf(installation, tenant.id);
    return it.goneAt === null ? undefined : it;
  });
  expect(gone).toMatchObject({
    status: 'deleted',
    operation: { kind: 'purge', state: 'done', requestedBy: 'retention' },
  });
  expect(await observeFromOutside(installation.info, tenant.name)).toEqual(NOTHING);
  const { backends, secretsDestroyed } = gone.operation.evidence as {
    backends: { kind: string; server: string; seenAt: string; checks: { by: string; answer: string }[] }[];
    secretsDestroyed: number;
  };
  expect(backends.map((it) => it.kind).sort()).toEqual([...BACKEND_KINDS].sort());
  for (const { kind, server, seenAt, checks } of backends) {
    expect(server).toMatch(new RegExp(`^${kind}:`));
    expect(Date.parse(seenAt)).toBeLessThanOrEqual(Date.now());
    expect(checks.every((it) => it.answer === 'absent')).toBe(true);
    expect(checks.map((it) => it.by)).toContain('name');
    expect(checks.some((it) => it.by === 'nonce')).toBe(kind !== 'keycloak');
  }
  expect(secretsDestroyed).toBe(5);
});

describe('restored from dumps', () => {
  describeAdoption(() => installation);
});
