import type { Prisma } from '@freeflow/db-master';
import { openActivityHarness, type ActivityHarness } from '../support/activity-harness';
import { realmOf } from './keycloak-bench';
import { openMongoTenant, type MongoTenant } from './mongo-tenant';
import { asSuperuser, newPostgresTenant } from './postgres-tenant';

const NOW = Math.floor(Date.now() / 1000);

let harness: ActivityHarness;
beforeAll(async () => {
  harness = await openActivityHarness();
});
afterAll(() => harness.close());

const keep = (tenantId: string, accessBefore: Prisma.InputJsonObject) =>
  harness.db.tenantResource.updateMany({ where: { tenantId }, data: { accessBefore } });
const rolesOf = (tenant: MongoTenant) =>
  tenant.asOwner(async (db) => {
    const { users } = (await db.command({ usersInfo: tenant.name })) as unknown as {
      users: { roles: { role: string }[] }[];
    };
    return users.flatMap(({ roles }) => roles.map(({ role }) => role)).sort();
  });

describe('the undo of a suspension that never came to a backend leaves what stands there', () => {
  test('mongodb: roles that an administrator has given', async () => {
    const tenant = await openMongoTenant(harness);
    await tenant.asOwner((db) => db.command({ updateUser: tenant.name, roles: ['readWrite', 'dbAdmin'] }));
    await tenant.step('enable');
    expect(await rolesOf(tenant)).toEqual(['dbAdmin', 'readWrite']);
    await tenant.step('drop');
  });

  test('keycloak: a realm that an administrator has disabled', async () => {
    const tenant = await harness.newTenant();
    await harness.run('keycloak.create', tenant);
    const realm = realmOf(harness, tenant);
    await realm.change({ enabled: false });
    await harness.run('keycloak.enable', tenant);
    expect(await realm.call('GET', '')).toMatchObject({ enabled: false });
    await harness.run('keycloak.drop', tenant);
  });
});

describe('what was changed after it was kept and before the first cut had an effect is what a resume gives back', () => {
  test('mongodb: a role that was taken away stays away', async () => {
    const tenant = await openMongoTenant(harness);
    await tenant.asOwner((db) => db.command({ updateUser: tenant.name, roles: ['readWrite', 'dbOwner'] }));
    const roles = ['readWrite', 'dbOwner'].map((role) => ({ role, db: tenant.name }));
    await keep(tenant.tenantId, {
      users: [{ user: tenant.name, roles }],
      mechanisms: ['SCRAM-SHA-256'],
      isPasswordChanged: false,
    });
    await tenant.asOwner((db) => db.command({ updateUser: tenant.name, roles: ['readWrite'] }));
    await tenant.step('disable');
    await tenant.step('enable');
    expect(await rolesOf(tenant)).toEqual(['readWrite']);
    await tenant.step('drop');
  });

  test('keycloak: tokens that were revoked stay revoked', async () => {
    const tenant = await harness.newTenant();
    await harness.run('keycloak.create', tenant);
    const realm = realmOf(harness, tenant);
    await keep(tenant.tenantId, { isEnabled: true, notBefore: 0 });
    await realm.change({ notBefore: NOW - 5 });
    await harness.run('keycloak.disable', tenant);
    await harness.run('keycloak.enable', tenant);
    expect(await realm.call('GET', '')).toMatchObject({ enabled: true, notBefore: NOW - 5 });
    await harness.run('keycloak.drop', tenant);
  });
});

describe('a login that an administrator has shut stays shut, is named, and holds up no resume', () => {
  const canLogIn = async (app: string) =>
    (await asSuperuser(harness, `SELECT rolcanlogin AS can FROM pg_roles WHERE rolname = '${app}'`))[0]?.['can'];

  test.each([
    ['NOLOGIN', 'NOLOGIN', false, 'could not log in before'],
    ['VALID UNTIL', "VALID UNTIL '2020-01-01'", true, 'had expired'],
  ])('postgres: %s', async (_what, setting, can, named) => {
    const tenant = await newPostgresTenant(harness);
    await asSuperuser(harness, `ALTER ROLE ${tenant.app} ${setting}`);
    await tenant.run('disable');
    expect(await canLogIn(tenant.app)).toBe(false);
    await tenant.run('enable');
    expect(await canLogIn(tenant.app)).toBe(can);
    expect(await tenant.lastMessage()).toContain(named);
    await tenant.run('drop');
  });

  test('postgres: a right to connect that was taken away is reported as the own affair of the tenant, not as one of the provisioner', async () => {
    const tenant = await newPostgresTenant(harness);
    await asSuperuser(harness, `REVOKE CONNECT ON DATABASE ${tenant.database} FROM ${tenant.app}`);
    await tenant.run('disable');
    await expect(tenant.run('enable')).rejects.toMatchObject({
      type: 'probe-refused',
      message: expect.stringContaining(tenant.app),
    });
    await tenant.run('drop');
  });
});

test('keycloak: a client whose settings make no sense, or whose token is too large to be looked at, holds up no resume', async () => {
  const tenant = await harness.newTenant();
  await harness.run('keycloak.create', tenant);
  const realm = realmOf(harness, tenant);
  for (const spoil of [
    () => realm.changeClient({ attributes: { 'access.token.lifespan': 'abc' } }),
    async () => {
      await realm.changeClient({ attributes: { 'access.token.lifespan': '' } });
      const { id } = await realm.client();
      await realm.call('POST', `/clients/${id}/protocol-mappers/models`, {
        name: 'large',
        protocol: 'openid-connect',
        protocolMapper: 'oidc-hardcoded-claim-mapper',
        config: {
          'claim.name': 'large',
          'claim.value': 'x'.repeat(200_000),
          'jsonType.label': 'String',
          'access.token.claim': 'true',
        },
      });
    },
  ]) {
    await spoil();
    await harness.run('keycloak.disable', tenant);
    await harness.run('keycloak.enable', tenant);
    expect(await realm.call('GET', '')).toMatchObject({ enabled: true });
  }
  await harness.run('keycloak.drop', tenant);
});
