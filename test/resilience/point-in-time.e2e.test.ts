import { readStackInfo } from '../../stack/stack-info';
import { newName } from '../support/activity-harness';
import { openArchivedPostgres, type ArchivedPostgres } from '../support/archived-postgres';
import { openTestInstallation, type Running, type TestInstallation } from '../support/installation';
import { TEST_STACK } from '../support/master';
import { NOTHING, observeFromOutside } from '../support/outside';
import { dropIn, inShort, KINDS, namesOf, reconcileIn } from '../support/reconciler';
import { change, createTenant, deleteTenant, operationEnds, tenantOf } from '../support/tenants';

let archived: ArchivedPostgres;
let installation: TestInstallation;
let worker: Running;
beforeAll(async () => {
  archived = await openArchivedPostgres();
  const info = readStackInfo(TEST_STACK);
  const { url, master } = archived.server;
  installation = await openTestInstallation({
    info,
    // The master database alone is on it.
    masterOn: { ...info, ...master, postgres: { ...info.postgres, url } },
    worker: false,
  });
  worker = await installation.startWorker();
});
afterAll(async () => {
  await installation.close();
  await archived.server.close();
});

const newestEvent = async (): Promise<string> => {
  const { rows } = await installation.master.query<{ id: string }>('SELECT max(id)::text AS id FROM "Event"');
  return rows[0]?.id ?? '';
};

test('the master database is recovered to a point in time: what was there goes on, what came later is an orphan, and the way of docs/backup.md leads to a clean installation', async () => {
  archived.backUp();
  const inBackup = await createTenant(installation, newName('p'));
  archived.backUp();
  expect(await archived.expire()).toBeGreaterThan(0);
  const inLog = await createTenant(installation, newName('p'));
  // Open at the point: accepted, and done by nobody until later.
  await worker.stop();
  expect((await installation.request('POST', `/tenants/${inBackup.id}/suspend`)).status).toBe(202);
  const point = await archived.now();
  worker = await installation.startWorker();
  await operationEnds(installation, inBackup.id);
  const later = await createTenant(installation, newName('p'));
  const lastEvent = await newestEvent();
  await archived.archiveAll();

  await Promise.all([installation.api().stop(), worker.stop()]);
  await archived.recoverTo(point);
  await installation.startApi();
  expect(await tenantOf(installation, inBackup.id)).toMatchObject({
    status: 'active',
    operation: { kind: 'suspend', state: 'requested' },
  });
  expect((await installation.request('GET', `/tenants/${later.id}`)).status).toBe(404);
  // Who follows events is told that they are others from here on.
  expect(await installation.request('GET', '/events', undefined, { 'last-event-id': lastEvent })).toMatchObject({
    status: 410,
    body: { code: 'event-unknown' },
  });

  worker = await installation.startWorker();
  expect(await operationEnds(installation, inBackup.id)).toMatchObject({ status: 'suspended' });
  const report = await reconcileIn(installation, false);
  const names = namesOf(later.name);
  expect(inShort(report)).toEqual(
    KINDS.map((kind) => `orphan ${kind} ${names[kind]}: the ledger has no record of it`).sort(),
  );
  const drops = await Promise.all(
    report.findings.map(({ backend, name, id }) => dropIn(installation, backend ?? '', name ?? '', id ?? '')),
  );
  expect(drops.map(({ state }) => state)).toEqual(KINDS.map(() => 'done'));
  expect(inShort(await reconcileIn(installation, false))).toEqual([]);
  expect(await observeFromOutside(installation.info, later.name)).toEqual(NOTHING);

  // All kinds of operations, on what was in the backup, what was in its log alone, and what has its name anew.
  const ended = await Promise.all([
    change(installation, inBackup.id, 'resume'),
    deleteTenant(installation, inLog.id),
    createTenant(installation, later.name),
  ]);
  expect(ended.map(({ status }) => status)).toEqual(['active', 'deleted', 'active']);
});
