import { newName } from '../support/activity-harness';
import { databaseOf, openTestInstallation, type TestInstallation, type Running } from '../support/installation';
import { inDatabase } from '../support/master';
import { observeFromOutside, NOTHING, withPostgres } from '../support/outside';
import { openOwnPostgres, type OwnPostgres } from '../support/own-postgres';
import { dropIn, inShort, KINDS, namesOf, reconcileIn } from '../support/reconciler';
import { IS_LONG } from '../support/sample';
import { change, createTenant, deleteTenant, tenantOf, type Tenant } from '../support/tenants';

let installation: TestInstallation;
let worker: Running;
/** The tenants' databases are on a server of the drill's own. */
let postgres: OwnPostgres;
beforeAll(async () => {
  postgres = await openOwnPostgres();
  installation = await openTestInstallation({ worker: false });
  worker = await startWorker();
});
afterAll(async () => {
  await Promise.allSettled([installation.close(), postgres.close()]);
});

const startWorker = ({ provisionerUrl } = postgres) => installation.startWorker({ POSTGRES_ADMIN_URL: provisionerUrl });
const look = (name: string) => observeFromOutside({ ...installation.info, postgres }, name);

/** Changes the master database while it has no sessions. */
const whileClosed = (...statements: string[]): Promise<void> =>
  withPostgres(inDatabase(installation.info.postgres.url, 'postgres'), async (owner) => {
    await owner.query(`ALTER DATABASE ${master()} ALLOW_CONNECTIONS false`);
    await owner.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [master()]);
    for (const it of statements) await owner.query(it);
    await owner.query(`ALTER DATABASE ${master()} ALLOW_CONNECTIONS true`);
  });

/** Sets the master database back to what it was, as the runbook has it: nothing runs meanwhile. */
async function setBack(): Promise<void> {
  await Promise.all([worker.stop(), installation.api().stop()]);
  await whileClosed(`DROP DATABASE ${master()}`, `ALTER DATABASE ${master()}_before RENAME TO ${master()}`);
  [worker] = await Promise.all([startWorker(), installation.startApi()]);
}

const master = () => databaseOf(installation);

/** What a test leaves to the next one: first two active tenants, then the second of them suspended and a third. */
let standing: [Tenant, Tenant, ...Tenant[]];

test('the master database is set back: reconcile names what the servers are ahead by, and the way back leads to a clean installation', async () => {
  const [kept, deleted, suspended] = await Promise.all([
    createTenant(installation, newName('d')),
    createTenant(installation, newName('d')),
    createTenant(installation, newName('d')),
  ]);
  await whileClosed(`CREATE DATABASE ${master()}_before TEMPLATE ${master()}`);
  const [made] = await Promise.all([
    createTenant(installation, newName('d')),
    deleteTenant(installation, deleted.id),
    change(installation, suspended.id, 'suspend'),
  ]);
  await setBack();

  const report = await reconcileIn(installation, false);
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
  const orphans = KINDS.map((kind) => `orphan ${kind} ${ahead[kind]}: the ledger has no record of it`);
  expect(inShort(report)).toEqual([...drifted, ...missing, ...orphans].sort());

  const untouched = await look(kept.name);
  await deleteTenant(installation, deleted.id);
  for (const { backend, name, id } of report.findings.filter((it) => it.class === 'orphan'))
    expect(await dropIn(installation, backend ?? '', name ?? '', id ?? '')).toMatchObject({ state: 'done' });
  expect(inShort(await reconcileIn(installation, true))).toEqual(drifted.map((it) => `${it} (fixed)`).sort());
  expect(inShort(await reconcileIn(installation, false))).toEqual([]);
  expect([await look(kept.name), await look(made.name)]).toEqual([untouched, NOTHING]);
  expect(await tenantOf(installation, suspended.id)).toMatchObject({ status: 'active' });
  // What fix has given back is what an operation takes away again.
  expect(await change(installation, suspended.id, 'suspend')).toMatchObject({ status: 'suspended' });
  standing = [kept, await change(installation, suspended.id, 'resume')];
});

test('one server is restored from a backup: reconcile names what it has lost, has again and has open again; fix shuts that, and nothing is dropped unasked', async () => {
  const [kept, suspended] = standing;
  const deleted = await createTenant(installation, newName('d'));
  await postgres.backUp();
  const [made] = await Promise.all([
    createTenant(installation, newName('d')),
    deleteTenant(installation, deleted.id),
    change(installation, suspended.id, 'suspend'),
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
    `orphan postgres ${back}: the ledger records it as absent`,
  ];
  expect(inShort(await reconcileIn(installation, false))).toEqual([...drifted, ...others].sort());
  const [backAsIs, madeAsIs] = [await look(deleted.name), await look(made.name)];
  const { findings } = await reconcileIn(installation, true);
  expect(inShort({ findings })).toEqual([...drifted.map((it) => `${it} (fixed)`), ...others].sort());
  expect([await look(deleted.name), await look(made.name), await look(kept.name)]).toEqual([
    backAsIs,
    madeAsIs,
    keptBefore,
  ]);

  const orphan = findings.find((it) => it.class === 'orphan');
  expect(await dropIn(installation, 'postgres', back ?? '', orphan?.id ?? '')).toMatchObject({ state: 'done' });
  await deleteTenant(installation, made.id);
  standing = [kept, suspended, await createTenant(installation, made.name)];
  expect(inShort(await reconcileIn(installation, false))).toEqual([]);
  expect([await look(deleted.name), await look(kept.name)]).toEqual([NOTHING, keptBefore]);
});

// test/e2e/reconcile has it with another server in the ledger.
if (IS_LONG)
  test('the worker is pointed at another server, where nothing stands: of that nothing is concluded, and nothing is made', async () => {
    const [present] = standing;
    const empty = await openOwnPostgres();
    try {
      await worker.stop();
      worker = await startWorker(empty);
      const found = inShort(await reconcileIn(installation, true));
      expect(found.map((it) => it.replaceAll(/postgres:\d+/g, 'ID'))).toEqual(
        standing
          .map(({ name }) => `unknown postgres ${namesOf(name).postgres}: this is ID, the ledger records ID`)
          .sort(),
      );
      expect((await observeFromOutside({ ...installation.info, postgres: empty }, present.name)).postgresRoles).toEqual(
        [],
      );
      await worker.stop();
    } finally {
      await empty.close();
    }
    worker = await startWorker();
    expect(inShort(await reconcileIn(installation, false))).toEqual([]);
  });
