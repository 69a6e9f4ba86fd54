import { openActivityHarness, type ActivityHarness } from '../support/activity-harness';
import { asSuperuser, newPostgresTenant, type PostgresTenant } from './postgres-tenant';

let harness: ActivityHarness;
let tenant: PostgresTenant;

beforeAll(async () => {
  harness = await openActivityHarness();
  tenant = await newPostgresTenant(harness);
});
afterAll(async () => {
  await tenant.run('drop');
  await harness.close();
});

test.each(["'of its own'", 'NULL'])(
  'a resume gives the stored password back where the tenant has changed it to %s, and says that it had',
  async (password) => {
    await tenant.sql(`ALTER ROLE CURRENT_USER PASSWORD ${password}`);
    await expect(tenant.connect()).rejects.toMatchObject({ code: '28P01' });
    await tenant.run('disable');
    await tenant.run('enable');
    expect(await tenant.lastMessage()).toContain(
      `the password of ${tenant.app} had been changed, by the tenant or by hand: the stored one is valid again`,
    );
    await expect(tenant.sql('SELECT 1 AS one')).resolves.toEqual([{ one: 1 }]);
  },
);

test('a password that no one has changed stays the very same, without a word', async () => {
  const verifier = () => asSuperuser(harness, `SELECT rolpassword FROM pg_authid WHERE rolname = '${tenant.app}'`);
  const before = await verifier();
  await tenant.run('disable');
  await tenant.run('enable');
  expect(await verifier()).toEqual(before);
  expect(await tenant.lastMessage()).not.toContain('password');
});

test("a refused login of the tenant is never reported as the provisioner's credentials", async () => {
  await tenant.sql(`ALTER ROLE CURRENT_USER PASSWORD 'of its own'`);
  await expect(tenant.run('probe')).rejects.toMatchObject({
    type: 'probe-refused',
    message: expect.stringContaining(`the tenant's own login ${tenant.app} is refused`),
  });
  await tenant.run('disable');
  await tenant.run('enable');
  await asSuperuser(harness, `ALTER ROLE ${tenant.app} VALID UNTIL '2001-01-01'`);
  await expect(tenant.run('probe')).rejects.toMatchObject({
    type: 'probe-refused',
    message: expect.stringContaining('its password has expired'),
  });
  await asSuperuser(harness, `ALTER ROLE ${tenant.app} VALID UNTIL 'infinity'`);
});
