import { targetOf } from '../../activities/ledger';
import { openActivityHarness, type ActivityHarness } from '../support/activity-harness';
import { asSuperuser, newPostgresTenant, type PostgresTenant } from './postgres-tenant';

let harness: ActivityHarness;
let tenant: PostgresTenant;

beforeAll(async () => {
  harness = await openActivityHarness({ POSTGRES_SESSIONS: '1', POSTGRES_TENANT_CONNECTIONS: '7' });
  tenant = await newPostgresTenant(harness);
});
afterAll(async () => {
  await tenant.run('drop');
  await harness.close();
});

async function differences() {
  const entry = await harness.db.tenantResource.findUniqueOrThrow({
    where: { tenantId_kind: { tenantId: tenant.input.tenantId, kind: 'postgres' } },
  });
  const target = targetOf(entry, tenant.input.name, new AbortController().signal);
  return harness.backends
    .find((it) => it.kind === 'postgres')
    ?.findDrift(target, 'present', { password: tenant.password });
}

test('a tenant made before there were limits shows as drift, and a create again gives it its limit', async () => {
  expect(await differences()).toEqual([]);
  await asSuperuser(harness, `ALTER ROLE ${tenant.app} CONNECTION LIMIT -1`);
  expect(await differences()).toEqual([
    { what: `${tenant.app} may have any number of connections, not 7`, repair: 'limits' },
  ]);
  await tenant.run('create');
  expect(await differences()).toEqual([]);
});

test('a repair of grants keeps the search path that a tenant has chosen', async () => {
  await tenant.sql(`ALTER ROLE CURRENT_USER IN DATABASE ${tenant.database} SET search_path = app, public`);
  await tenant.run('create');
  expect(await tenant.sql('SHOW search_path')).toEqual([{ search_path: 'app, public' }]);
});

test('a changed password is reported and left alone, whatever else a tenant has set for its sessions', async () => {
  await tenant.sql(
    `ALTER ROLE CURRENT_USER SET local_preload_libraries = nowhere; ALTER ROLE CURRENT_USER PASSWORD 'of its own'`,
  );
  expect(await differences()).toEqual([
    {
      what: `the password of ${tenant.app} isn't the stored one, changed by the tenant or by hand; a suspend and resume gives the stored one back`,
    },
  ]);
  await expect(
    tenant.connect('of its own', '-c local_preload_libraries=').then((it) => it.end()),
  ).resolves.toBeUndefined();
});
