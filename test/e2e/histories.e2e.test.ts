import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { projectRoot } from '../../stack/project';
import { newName } from '../support/activity-harness';
import { openFaultInjectedInstallation, type FaultInjectedInstallation } from '../support/fault-injected-installation';
import type { Running } from '../support/installation';
import { withMongo } from '../support/outside';
import { replay, replayNow } from '../support/replay';
import { restorePostgresDatabase } from '../support/restore';
import { EXAMPLE_BLUEPRINT, IS_LONG } from '../support/sample';
import {
  abortWhenParked,
  adopt,
  askFor,
  change,
  parkedStepsOf,
  createTenant,
  deleteTenant,
  operationEnds,
  rotate,
  tenantOf,
  type Tenant,
} from '../support/tenants';
import { until } from '../support/until';

const FOLDER = path.join(projectRoot(), 'workflows', 'histories');

const IMPATIENT = { STEP_PATIENCE_MS: '1000', ...EXAMPLE_BLUEPRINT };

let installation: FaultInjectedInstallation;
let worker: Running;
beforeAll(async () => {
  installation = await openFaultInjectedInstallation(false);
  worker = await installation.startWorker(IMPATIENT);
});
afterAll(() => installation.close());

/** An active tenant that another test has left, or a new one. */
async function anyActive(): Promise<{ id: string; name: string }> {
  const found = left ?? (await createTenant(installation, newName('h')));
  left = undefined;
  return found;
}
let left: Tenant | undefined;

/** Each outcome of each workflow: how to come to it; gives the tenant whose last run is the one. */
const OUTCOMES: Record<string, () => Promise<string>> = {
  'create-active': async () => (await createTenant(installation, newName('h'))).id,
  'create-rolled-back': async () => {
    const name = newName('h');
    await withMongo(installation.info.mongodb.url, (client) =>
      client.db(`freeflow_${name}`).collection('theirs').insertOne({ n: 1 }),
    );
    return (await createTenant(installation, name)).id;
  },
  'create-retried': async () => {
    installation.proxies.qdrant.shut();
    const id = await askFor(installation, newName('h'));
    await until('it has failed', async () => (await tenantOf(installation, id)).operation.cause !== null);
    installation.proxies.qdrant.open();
    return (await operationEnds(installation, id)).id;
  },
  'create-cancelled': async () => {
    installation.proxies.keycloak.stall(1_500);
    installation.proxies.keycloak.renew();
    const id = await askFor(installation, newName('h'));
    await until('it runs', async () => (await tenantOf(installation, id)).operation.state === 'running');
    await installation.operator.client.workflow.getHandle(`tenant-${id}`).cancel();
    return (await operationEnds(installation, id)).id;
  },
  'create-parked-twice': async () => {
    for (const it of ['qdrant', 'postgres'] as const) installation.proxies[it].shut();
    const id = await askFor(installation, newName('h'));
    await until('both are parked', async () => (await parkedStepsOf(installation, id)).length === 2);
    for (const it of ['qdrant', 'postgres'] as const) {
      installation.proxies[it].open();
      await installation.request('POST', `/tenants/${id}/retry`, { step: `${it}.create` });
    }
    left = await operationEnds(installation, id);
    return id;
  },
  'create-aborted': async () => {
    installation.proxies.mongodb.shut();
    const id = await askFor(installation, newName('h'));
    await abortWhenParked(installation, id);
    installation.proxies.mongodb.open();
    return (await operationEnds(installation, id)).id;
  },
  'hard-delete-skipped': async () => {
    const { id } = await createTenant(installation, newName('h'));
    installation.proxies.qdrant.shut();
    await installation.request('DELETE', `/tenants/${id}?mode=hard&force=true`);
    await until('it is parked', async () => (await parkedStepsOf(installation, id)).length === 1);
    await installation.request('POST', `/tenants/${id}/skip`, { reason: 'recorded' });
    const ended = await operationEnds(installation, id);
    installation.proxies.qdrant.open();
    return ended.id;
  },
  suspend: async () => (await change(installation, (await createTenant(installation, newName('h'))).id, 'suspend')).id,
  'suspend-reverted': async () => {
    const { id } = await createTenant(installation, newName('h'));
    installation.proxies.postgres.shut();
    await installation.request('POST', `/tenants/${id}/suspend`);
    await abortWhenParked(installation, id);
    installation.proxies.postgres.open();
    return (await operationEnds(installation, id)).id;
  },
  resume: async () => (await change(installation, await outcome('suspend'), 'resume')).id,
  'soft-delete': async () =>
    (await change(installation, (await createTenant(installation, newName('h'))).id, 'delete')).id,
  restore: async () => (await change(installation, await outcome('soft-delete'), 'restore')).id,
  'change-plan': async () => {
    const { id } = await anyActive();
    await installation.request('PATCH', `/tenants/${id}`, { plan: 'free' });
    left = await operationEnds(installation, id);
    return id;
  },
  'change-plan-reverted': async () => {
    const { id } = await anyActive();
    installation.proxies.qdrant.shut();
    await installation.request('PATCH', `/tenants/${id}`, { plan: 'pro' });
    await abortWhenParked(installation, id);
    installation.proxies.qdrant.open();
    left = await operationEnds(installation, id);
    return id;
  },
  upgrade: async () => (await change(installation, (await anyActive()).id, 'upgrade')).id,
  'upgrade-rolled-back': async () => {
    const { id } = await anyActive();
    installation.proxies.qdrant.shut();
    await installation.request('POST', `/tenants/${id}/upgrade`);
    await abortWhenParked(installation, id);
    installation.proxies.qdrant.open();
    return (await operationEnds(installation, id)).id;
  },
  rotate: async () => {
    left = await rotate(installation, (await anyActive()).id, 3_600);
    return left.id;
  },
  'rotate-at-once': async () => {
    left = await rotate(installation, (await anyActive()).id, 0);
    return left.id;
  },
  'rotate-rolled-back': async () => {
    const { id } = await anyActive();
    installation.proxies.qdrant.shut();
    await installation.request('POST', `/tenants/${id}/rotate`);
    await abortWhenParked(installation, id);
    installation.proxies.qdrant.open();
    left = await operationEnds(installation, id);
    return id;
  },
  retire: async () => {
    const { id } = await rotate(installation, (await anyActive()).id, 3_600);
    await installation.master.query('UPDATE "TenantResource" SET "overlapUntil" = now() WHERE "tenantId" = $1', [id]);
    left = await until('it is retired', async () => {
      const found = await tenantOf(installation, id);
      return found.operation.kind === 'retire' && found.operation.state === 'done' ? found : undefined;
    });
    return id;
  },
  'retire-skipped': async () => {
    const { id } = await anyActive();
    await rotate(installation, id, 3_600);
    installation.proxies.qdrant.shut();
    await installation.master.query('UPDATE "TenantResource" SET "overlapUntil" = now() WHERE "tenantId" = $1', [id]);
    await until('it is parked', async () => (await parkedStepsOf(installation, id)).length === 1);
    await installation.request('POST', `/tenants/${id}/skip`, { reason: 'recorded' });
    const ended = await operationEnds(installation, id);
    installation.proxies.qdrant.open();
    return ended.id;
  },
  // The run before that of the suspension which it makes room for.
  'retire-left': async () => {
    const { id } = await anyActive();
    await rotate(installation, id, 3_600);
    installation.proxies.qdrant.shut();
    await installation.master.query('UPDATE "TenantResource" SET "overlapUntil" = now() WHERE "tenantId" = $1', [id]);
    await until('it is parked', async () => (await parkedStepsOf(installation, id)).length === 1);
    const { rows } = await installation.master.query<{ runId: string }>(
      `SELECT "runId" FROM "TenantOperation" WHERE "tenantId" = $1 AND kind = 'retire' AND "endedAt" IS NULL`,
      [id],
    );
    runOf.set('retire-left', rows[0]?.runId ?? '');
    await installation.request('POST', `/tenants/${id}/suspend`);
    await until('it is suspended where it can be', async () =>
      (await parkedStepsOf(installation, id)).includes('qdrant.disable'),
    );
    installation.proxies.qdrant.open();
    await installation.request('POST', `/tenants/${id}/retry`);
    await operationEnds(installation, id);
    left = await change(installation, id, 'resume');
    return id;
  },
  'adopt-done': async () => {
    const { id, name } = await anyActive();
    await restorePostgresDatabase(installation.info, name);
    await installation.request('POST', `/tenants/${id}/suspend`);
    await until('it is parked', async () => (await parkedStepsOf(installation, id)).length === 1);
    await adopt(installation, id, 'postgres');
    await operationEnds(installation, id);
    left = await change(installation, id, 'resume');
    return id;
  },
  'adopt-refused': async () => {
    const { id } = await createTenant(installation, newName('h'));
    installation.proxies.postgres.shut();
    await adopt(installation, id, 'postgres');
    installation.proxies.postgres.open();
    return id;
  },
  'hard-delete': async () => (await deleteTenant(installation, (await createTenant(installation, newName('h'))).id)).id,
};
/** Of those that are not the last of their tenant. */
const runOf = new Map<string, string>();
const outcome = (name: string): Promise<string> => OUTCOMES[name]?.() ?? Promise.reject(new Error(name));

const IS_RECORDING = process.env['RECORD_HISTORIES'] === '1';
// Those that are recorded replay in workflows/replay.test.ts, and the chaos replays each of its runs: these show that
// what is recorded comes of today's workers.
const IN_SHORT_FORM = ['create-parked-twice', 'adopt-done'];
const outcomes = Object.keys(OUTCOMES).filter((it) => IS_RECORDING || IS_LONG || IN_SHORT_FORM.includes(it));

test.each(outcomes)('a run that ends as %s replays', async (name) => {
  const id = await outcome(name);
  const handle = installation.operator.client.workflow.getHandle(
    name.startsWith('adopt-') ? `adopt-${id}-postgres` : `tenant-${id}`,
    runOf.get(name),
  );
  await until('the run has closed', async () => (await handle.describe()).status.name !== 'RUNNING');
  // Stack traces name files of this machine.
  const history = historyToJSON(await handle.fetchHistory()).replaceAll(`${projectRoot()}/`, '');
  if (IS_RECORDING) {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(path.join(FOLDER, `${name}.json`), `${JSON.stringify(JSON.parse(history))}\n`);
  }
  expect(await replay(path.join(projectRoot(), 'workflows'), { [name]: history })).toEqual([]);
});

/**
 * More than a transaction is given (5 s), so it is tried again; and more than a workflow task waits for a local
 * activity, 4 s of its 5.
 */
const SLOW_S = 5.5;

test('while the master database is slow to write down that a step is parked, others go on; the history replays, and another worker goes on with it', async () => {
  const { id } = await anyActive();
  await installation.master.query(`
    CREATE SEQUENCE slow_times;
    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN IF nextval('slow_times') = 1 THEN PERFORM pg_sleep(${SLOW_S}); END IF; RETURN NEW; END $$;
    CREATE TRIGGER slow BEFORE INSERT ON "TenantProvisionLog" FOR EACH ROW WHEN (NEW.step = 'park' AND NEW.message LIKE 'parked at %, %') EXECUTE FUNCTION slow()`);
  installation.proxies.qdrant.shut();
  // It holds on to its calls until the other is parked, then fails.
  installation.proxies.postgres.trouble({ kind: 'black-hole' });
  installation.proxies.postgres.renew();
  await installation.request('POST', `/tenants/${id}/suspend`);
  await until('the first is parked', async () => (await parkedStepsOf(installation, id)).length === 1);
  installation.proxies.postgres.shut();
  installation.proxies.postgres.trouble();
  await until('both are parked', async () => (await parkedStepsOf(installation, id)).length === 2);

  const handle = installation.operator.client.workflow.getHandle(`tenant-${id}`);
  await until('its tasks are done', async () => (await handle.describe()).raw.pendingWorkflowTask == null);
  expect(await replayNow({ 'parked slowly': await handle.fetchHistory() })).toEqual([]);

  await installation.master.query('DROP TRIGGER slow ON "TenantProvisionLog"');
  await worker.stop('SIGKILL');
  worker = await installation.startWorker(IMPATIENT);
  for (const it of ['qdrant', 'postgres'] as const) {
    installation.proxies[it].open();
    await installation.request('POST', `/tenants/${id}/retry`, { step: `${it}.disable` });
  }
  expect(await operationEnds(installation, id)).toMatchObject({ status: 'suspended' });
});
