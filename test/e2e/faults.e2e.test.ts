import { setTimeout as delay } from 'node:timers/promises';
import { BACKEND_KINDS } from '@freeflow/contract';
import { newName } from '../support/activity-harness';
import { openFaultInjectedInstallation, type FaultInjectedInstallation } from '../support/fault-injected-installation';
import { observeFromOutside, NOTHING } from '../support/outside';
import { IS_LONG, sampleOf } from '../support/sample';
import { abortWhenParked, askFor, logOf, operationEnds, tenantOf } from '../support/tenants';
import { until } from '../support/until';

let installation: FaultInjectedInstallation;

beforeAll(async () => {
  installation = await openFaultInjectedInstallation();
});
afterAll(() => installation.close());

// test/e2e/recovery has all four away at once, the chaos each of them in the middle of each operation.
test.each(sampleOf(BACKEND_KINDS, (it) => it === 'mongodb'))(
  '%s is down during the create: retried, told in the log, active once it is back',
  async (backend) => {
    installation.proxies[backend].shut();
    const id = await askFor(installation, newName());
    const stuck = await until('the operation tells of it', async () => {
      const tenant = await tenantOf(installation, id);
      return tenant.operation.cause === null ? undefined : tenant;
    });
    expect(stuck).toMatchObject({
      status: 'provisioning',
      operation: { state: 'running', step: `${backend}.create`, advice: expect.stringContaining('retried by itself') },
    });
    installation.proxies[backend].open();
    expect(await operationEnds(installation, id)).toMatchObject({
      status: 'active',
      operation: { state: 'done', step: null, cause: null },
    });
    const rows = (await logOf(installation, id)).filter((it) => it.step === `${backend}.create`);
    expect(rows.map((it) => it.attempt)).toEqual(rows.map((_, at) => at + 1));
    expect(rows.map((it) => it.status)).toEqual([...rows.slice(1).map(() => 'error'), 'success']);
  },
);

test('Temporal is down: accepted all the same, active once it is back', async () => {
  installation.proxies.temporal.shut();
  const id = await askFor(installation, newName());
  await delay(1_000);
  expect(await tenantOf(installation, id)).toMatchObject({ status: 'provisioning', operation: { state: 'requested' } });
  installation.proxies.temporal.open();
  expect(await operationEnds(installation, id)).toMatchObject({ status: 'active' });
});

test('the master database is away for a while during the create: nothing is lost, and the log is true', async () => {
  installation.proxies.keycloak.stall(1_500);
  const name = newName();
  const id = await askFor(installation, name);
  await until('it runs', async () => (await logOf(installation, id)).some((it) => it.step === 'begin'));
  installation.proxies.master.shut();
  await delay(2_000);
  installation.proxies.master.open();
  const { status } = await until('it ended', async () => {
    const { rows } = await installation.master.query<{ status: string }>(
      'SELECT status FROM "Tenant" WHERE id = $1 AND status <> \'provisioning\'',
      [id],
    );
    return rows[0];
  });
  expect(status).toBe('active');
  const rows = await logOf(installation, id);
  expect(rows.map((it) => it.seq)).toEqual(rows.map((_, at) => at + 1));
  expect(await observeFromOutside(installation.info, name)).toMatchObject({
    mongoUsers: [`freeflow_${name}`],
    qdrantTokens: 1,
  });
});

// In workflows/tenant-operations; test/e2e/both-ways has the undo of a suspend parked at real backends.
if (IS_LONG)
  test('a create that is given up is undone, and the undo waits for the backend for as long as it takes', async () => {
    const impatient = await openFaultInjectedInstallation({ STEP_PATIENCE_MS: '1000' });
    try {
      impatient.proxies.mongodb.stall(0);
      const name = newName();
      impatient.proxies.mongodb.shut();
      const id = await askFor(impatient, name);
      await abortWhenParked(impatient, id);
      await until('it is being undone', async () =>
        (await logOf(impatient, id)).some((it) => it.step === 'start-rollback'),
      );
      expect(await tenantOf(impatient, id)).toMatchObject({ status: 'provisioning' });
      await delay(3_000);
      impatient.proxies.mongodb.open();
      expect(await operationEnds(impatient, id)).toMatchObject({
        status: 'deleted',
        operation: { state: 'rolled_back', step: 'mongodb.create' },
      });
      expect(await observeFromOutside(impatient.info, name)).toEqual(NOTHING);
    } finally {
      await impatient.close();
    }
  });
