import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { projectRoot } from '../../stack/project';
import { newName } from '../support/activity-harness';
import { openFaultInjectedInstallation, type FaultInjectedInstallation } from '../support/fault-injected-installation';
import { withMongo } from '../support/outside';
import { replay } from '../support/replay';
import { restorePostgresDatabase } from '../support/restore';
import { IS_LONG } from '../support/sample';
import {
  abortWhenParked,
  adopt,
  askFor,
  change,
  parkedStepsOf,
  createTenant,
  deleteTenant,
  operationEnds,
  tenantOf,
} from '../support/tenants';
import { until } from '../support/until';

const FOLDER = path.join(projectRoot(), 'workflows', 'histories');

let installation: FaultInjectedInstallation;
beforeAll(async () => {
  installation = await openFaultInjectedInstallation({ STEP_PATIENCE_MS: '1000' });
});
afterAll(() => installation.close());

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
    return (await operationEnds(installation, id)).id;
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
  'adopt-done': async () => {
    const { id, name } = await createTenant(installation, newName('h'));
    await restorePostgresDatabase(installation.info, name);
    await installation.request('POST', `/tenants/${id}/suspend`);
    await until('it is parked', async () => (await parkedStepsOf(installation, id)).length === 1);
    await adopt(installation, id, 'postgres');
    await operationEnds(installation, id);
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
const outcome = (name: string): Promise<string> => OUTCOMES[name]?.() ?? Promise.reject(new Error(name));

const IS_RECORDING = process.env['RECORD_HISTORIES'] === '1';
// Those that are recorded replay in workflows/replay.test.ts, and the chaos replays each of its runs: these show that what is
// recorded comes of today's workers.
const IN_SHORT_FORM = ['create-parked-twice', 'adopt-done'];
const outcomes = Object.keys(OUTCOMES).filter((it) => IS_RECORDING || IS_LONG || IN_SHORT_FORM.includes(it));

test.each(outcomes)('a run that ends as %s replays', async (name) => {
  const id = await outcome(name);
  const handle = installation.operator.client.workflow.getHandle(
    name.startsWith('adopt-') ? `adopt-${id}-postgres` : `tenant-${id}`,
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
