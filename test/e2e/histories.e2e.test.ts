import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { projectRoot } from '../../stack/project';
import { openFaultyHouse, type FaultyHouse } from '../support/faulty-house';
import { withMongo } from '../support/outside';
import { replay } from '../support/replay';
import { restorePostgresDatabase } from '../support/restore';
import {
  abortWhenParked,
  adopt,
  askFor,
  change,
  parked,
  createTenant,
  deleteTenant,
  operationEnds,
  tenantOf,
} from '../support/tenants';
import { until } from '../support/until';
import { newName } from '../support/workbench';

const FOLDER = path.join(projectRoot(), 'workflows', 'histories');

let house: FaultyHouse;
beforeAll(async () => {
  house = await openFaultyHouse({ STEP_PATIENCE_MS: '1000' });
});
afterAll(() => house.close());

/** Each outcome of each workflow: how to come to it; gives the tenant whose last run is the one. */
const OUTCOMES: Record<string, () => Promise<string>> = {
  'create-active': async () => (await createTenant(house, newName('h'))).id,
  'create-rolled-back': async () => {
    const name = newName('h');
    await withMongo(house.info.mongodb.url, (client) =>
      client.db(`freeflow_${name}`).collection('theirs').insertOne({ n: 1 }),
    );
    return (await createTenant(house, name)).id;
  },
  'create-retried': async () => {
    house.proxies.qdrant.shut();
    const id = await askFor(house, newName('h'));
    await until('it has failed', async () => (await tenantOf(house, id)).operation.cause !== null);
    house.proxies.qdrant.open();
    return (await operationEnds(house, id)).id;
  },
  'create-cancelled': async () => {
    house.proxies.keycloak.stall(1_500);
    house.proxies.keycloak.renew();
    const id = await askFor(house, newName('h'));
    await until('it runs', async () => (await tenantOf(house, id)).operation.state === 'running');
    await house.operator.client.workflow.getHandle(`tenant-${id}`).cancel();
    return (await operationEnds(house, id)).id;
  },
  'create-parked-twice': async () => {
    for (const it of ['qdrant', 'postgres'] as const) house.proxies[it].shut();
    const id = await askFor(house, newName('h'));
    await until('both are parked', async () => (await parked(house, id)).length === 2);
    for (const it of ['qdrant', 'postgres'] as const) {
      house.proxies[it].open();
      await house.request('POST', `/tenants/${id}/retry`, { step: `${it}.create` });
    }
    return (await operationEnds(house, id)).id;
  },
  'create-aborted': async () => {
    house.proxies.mongodb.shut();
    const id = await askFor(house, newName('h'));
    await abortWhenParked(house, id);
    house.proxies.mongodb.open();
    return (await operationEnds(house, id)).id;
  },
  'hard-delete-skipped': async () => {
    const { id } = await createTenant(house, newName('h'));
    house.proxies.qdrant.shut();
    await house.request('DELETE', `/tenants/${id}?mode=hard&force=true`);
    await until('it is parked', async () => (await parked(house, id)).length === 1);
    await house.request('POST', `/tenants/${id}/skip`, { reason: 'recorded' });
    const ended = await operationEnds(house, id);
    house.proxies.qdrant.open();
    return ended.id;
  },
  suspend: async () => (await change(house, (await createTenant(house, newName('h'))).id, 'suspend')).id,
  'suspend-reverted': async () => {
    const { id } = await createTenant(house, newName('h'));
    house.proxies.postgres.shut();
    await house.request('POST', `/tenants/${id}/suspend`);
    await abortWhenParked(house, id);
    house.proxies.postgres.open();
    return (await operationEnds(house, id)).id;
  },
  resume: async () => (await change(house, await outcome('suspend'), 'resume')).id,
  'soft-delete': async () => (await change(house, (await createTenant(house, newName('h'))).id, 'delete')).id,
  restore: async () => (await change(house, await outcome('soft-delete'), 'restore')).id,
  'adopt-done': async () => {
    const { id, name } = await createTenant(house, newName('h'));
    await restorePostgresDatabase(house.info, name);
    await house.request('POST', `/tenants/${id}/suspend`);
    await until('it is parked', async () => (await parked(house, id)).length === 1);
    await adopt(house, id, 'postgres');
    await operationEnds(house, id);
    return id;
  },
  'adopt-refused': async () => {
    const { id } = await createTenant(house, newName('h'));
    house.proxies.postgres.shut();
    await adopt(house, id, 'postgres');
    house.proxies.postgres.open();
    return id;
  },
  'hard-delete': async () => (await deleteTenant(house, (await createTenant(house, newName('h'))).id)).id,
};
const outcome = (name: string): Promise<string> => OUTCOMES[name]?.() ?? Promise.reject(new Error(name));

test.each(Object.keys(OUTCOMES))('a run that ends as %s replays', async (name) => {
  const id = await outcome(name);
  const handle = house.operator.client.workflow.getHandle(
    name.startsWith('adopt-') ? `adopt-${id}-postgres` : `tenant-${id}`,
  );
  await until('the run has closed', async () => (await handle.describe()).status.name !== 'RUNNING');
  // Stack traces name files of this machine.
  const history = historyToJSON(await handle.fetchHistory()).replaceAll(`${projectRoot()}/`, '');
  if (process.env['RECORD_HISTORIES'] === '1') {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(path.join(FOLDER, `${name}.json`), `${JSON.stringify(JSON.parse(history))}\n`);
  }
  expect(await replay(path.join(projectRoot(), 'workflows'), { [name]: history })).toEqual([]);
});
