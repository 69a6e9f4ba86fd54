import { databaseOf, openHouse, type House, type Running } from '../support/house';
import { inDatabase } from '../support/master';
import { lookFromOutside, NOTHING, withPostgres } from '../support/outside';
import { openOwnPostgres, type OwnPostgres } from '../support/own-postgres';
import { dropIn, inShort, KINDS, namesOf, reconcileIn } from '../support/reconciler';
import { change, createTenant, deleteTenant, tenantOf } from '../support/tenants';
import { newName } from '../support/workbench';

let house: House;
let worker: Running;
/** The tenants' databases are on a server of the drill's own. */
let postgres: OwnPostgres;
beforeAll(async () => {
  postgres = await openOwnPostgres();
  house = await openHouse({ worker: false });
  worker = await startWorker();
});
afterAll(async () => {
  await Promise.allSettled([house.close(), postgres.close()]);
});

const startWorker = ({ provisionerUrl } = postgres) => house.startWorker({ POSTGRES_ADMIN_URL: provisionerUrl });
const look = (name: string) => lookFromOutside({ ...house.info, postgres }, name);

/** Does something to the master database while nobody is in it. */
async function whileClosed(...statements: string[]): Promise<void> {
  await Promise.all([worker.stop(), house.api().stop()]);
  await withPostgres(inDatabase(house.info.postgres.url, 'postgres'), async (owner) => {
    await owner.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [master()]);
    for (const it of statements) await owner.query(it);
  });
  [worker] = await Promise.all([startWorker(), house.startApi()]);
}

const master = () => databaseOf(house);

test('the master database is set back: reconcile names what the servers are ahead by, and the way back leads to a clean house', async () => {
  const [kept, deleted, suspended] = await Promise.all([
    createTenant(house, newName('d')),
    createTenant(house, newName('d')),
    createTenant(house, newName('d')),
  ]);
  await whileClosed(`CREATE DATABASE ${master()}_before TEMPLATE ${master()}`);
  const [made] = await Promise.all([
    createTenant(house, newName('d')),
    deleteTenant(house, deleted.id),
    change(house, suspended.id, 'suspend'),
  ]);
  await whileClosed(`DROP DATABASE ${master()}`, `ALTER DATABASE ${master()}_before RENAME TO ${master()}`);

  const report = await reconcileIn(house, false);
  const [gone, shut, ahead] = [namesOf(deleted.name), namesOf(suspended.name), namesOf(made.name)];
  const drifted = [
    `drifted keycloak ${shut.keycloak}: realm ${shut.keycloak} is disabled`,
    `drifted mongodb ${shut.mongodb}: the password of user ${shut.mongodb} isn't the stored one`,
    `drifted mongodb ${shut.mongodb}: user ${shut.mongodb} has no role, should have readWrite on ${shut.mongodb}`,
    `drifted postgres ${shut.postgres}: ${shut.postgres}_app may not log in`,
    `drifted postgres ${shut.postgres}: database ${shut.postgres} takes no connections`,
    `drifted qdrant ${shut.qdrant}: its token is not registered`,
  ].map((it) => `${it} (fixable)`);
  const missing = KINDS.map((kind) => `missing ${kind} ${gone[kind]}: there is no ${gone[kind]}`);
  const orphans = KINDS.map((kind) => `orphan ${kind} ${ahead[kind]}: the ledger knows nothing of it`);
  expect(inShort(report)).toEqual([...drifted, ...missing, ...orphans].sort());

  const untouched = await look(kept.name);
  await deleteTenant(house, deleted.id);
  for (const { resource, name, id } of report.findings.filter((it) => it.class === 'orphan'))
    expect(await dropIn(house, resource ?? '', name ?? '', id ?? '')).toMatchObject({ state: 'done' });
  expect(inShort(await reconcileIn(house, true))).toEqual(drifted.map((it) => `${it} (fixed)`).sort());
  expect(inShort(await reconcileIn(house, false))).toEqual([]);
  expect([await look(kept.name), await look(made.name)]).toEqual([untouched, NOTHING]);
  expect(await tenantOf(house, suspended.id)).toMatchObject({ status: 'active' });
  // What fix has given back is what an operation takes away again.
  expect(await change(house, suspended.id, 'suspend')).toMatchObject({ status: 'suspended' });
  await Promise.all([kept, suspended].map(({ id }) => deleteTenant(house, id)));
});

test('one server is restored from a backup: reconcile names what it has lost, has again and has open again; fix shuts that, and nothing is dropped unasked', async () => {
  const [kept, deleted, suspended] = await Promise.all([
    createTenant(house, newName('d')),
    createTenant(house, newName('d')),
    createTenant(house, newName('d')),
  ]);
  await postgres.backUp();
  const [made] = await Promise.all([
    createTenant(house, newName('d')),
    deleteTenant(house, deleted.id),
    change(house, suspended.id, 'suspend'),
  ]);
  const keptBefore = await look(kept.name);
  await postgres.restore();

  const [lost, back, open] = [made, deleted, suspended].map(({ name }) => namesOf(name).postgres);
  const drifted = [
    `drifted postgres ${open}: ${open}_app may log in (fixable)`,
    `drifted postgres ${open}: database ${open} takes connections (fixable)`,
  ];
  const others = [
    `missing postgres ${lost}: there is no ${lost}`,
    `orphan postgres ${back}: the ledger says that it is absent`,
  ];
  expect(inShort(await reconcileIn(house, false))).toEqual([...drifted, ...others].sort());
  const [backAsIs, madeAsIs] = [await look(deleted.name), await look(made.name)];
  const { findings } = await reconcileIn(house, true);
  expect(inShort({ findings })).toEqual([...drifted.map((it) => `${it} (fixed)`), ...others].sort());
  expect([await look(deleted.name), await look(made.name), await look(kept.name)]).toEqual([
    backAsIs,
    madeAsIs,
    keptBefore,
  ]);

  const orphan = findings.find((it) => it.class === 'orphan');
  expect(await dropIn(house, 'postgres', back ?? '', orphan?.id ?? '')).toMatchObject({ state: 'done' });
  await deleteTenant(house, made.id);
  const again = await createTenant(house, made.name);
  expect(inShort(await reconcileIn(house, false))).toEqual([]);
  expect([await look(deleted.name), await look(kept.name)]).toEqual([NOTHING, keptBefore]);
  await Promise.all([kept, suspended, again].map(({ id }) => deleteTenant(house, id)));
});

test('the worker is pointed at another server, where nothing stands: of that nothing is concluded, and nothing is made', async () => {
  const [present, suspended] = await Promise.all([
    createTenant(house, newName('d')),
    createTenant(house, newName('d')),
  ]);
  await change(house, suspended.id, 'suspend');
  const empty = await openOwnPostgres();
  try {
    await worker.stop();
    worker = await startWorker(empty);
    const found = inShort(await reconcileIn(house, true));
    expect(found.map((it) => it.replaceAll(/postgres:\d+/g, 'ID'))).toEqual(
      [present, suspended]
        .map(({ name }) => `unknown postgres ${namesOf(name).postgres}: this is ID, recorded is ID`)
        .sort(),
    );
    expect((await lookFromOutside({ ...house.info, postgres: empty }, present.name)).postgresRoles).toEqual([]);
    await worker.stop();
  } finally {
    await empty.close();
  }
  worker = await startWorker();
  expect(inShort(await reconcileIn(house, false))).toEqual([]);
  await Promise.all([present, suspended].map(({ id }) => deleteTenant(house, id)));
});
