import { TEST_STACK } from '../test/support/master';
import { asKeycloakAdmin, withMongo, withPostgres } from '../test/support/outside';
import { readStackInfo, workerEnv } from './stack-info';

// What every test of worker, activities and the whole product runs with.
const info = readStackInfo(TEST_STACK);
const {
  POSTGRES_ADMIN_URL = '',
  MONGODB_ADMIN_URL = '',
  KEYCLOAK_CLIENT_ID: clientId = '',
  KEYCLOAK_CLIENT_SECRET: clientSecret = '',
} = workerEnv(info);

test('at PostgreSQL the worker is another login than the owner, and no superuser', async () => {
  const who = (url: string) =>
    withPostgres(
      url,
      async (client) =>
        (
          await client.query<{ name: string; isSuper: boolean }>(
            'SELECT rolname AS name, rolsuper AS "isSuper" FROM pg_roles WHERE rolname = current_user',
          )
        ).rows[0],
    );
  const [worker, owner] = await Promise.all([who(POSTGRES_ADMIN_URL), who(info.postgres.url)]);
  expect(owner).toMatchObject({ isSuper: true });
  expect(worker).toEqual({ name: 'freeflow_provisioner', isSuper: false });
});

test('at MongoDB the worker is another login than the owner, with a role of its own', async () => {
  const who = (url: string) =>
    withMongo(
      url,
      async (client) =>
        (await client.db('admin').command({ connectionStatus: 1 }))['authInfo'] as {
          authenticatedUserRoles: { role: string }[];
        },
    );
  const [worker, owner] = await Promise.all([who(MONGODB_ADMIN_URL), who(info.mongodb.url)]);
  expect(owner.authenticatedUserRoles).toContainEqual({ role: 'root', db: 'admin' });
  expect(worker).toMatchObject({
    authenticatedUsers: [{ user: 'freeflow_provisioner', db: 'admin' }],
    authenticatedUserRoles: [{ role: 'freeflowProvisioner', db: 'admin' }],
  });
});

test('at Keycloak the worker is another login than the owner, who alone administers the realm master', async () => {
  expect(clientId).toBe('freeflow-provisioner');
  const asWorker = { ...info, keycloak: { ...info.keycloak, clientId, clientSecret } };
  const look = (as: typeof info) => asKeycloakAdmin(as, 'GET', '/admin/realms/master/users');
  expect(await Promise.all([look(info), look(asWorker)])).toMatchObject([{ status: 200 }, { status: 403 }]);
});

test("no owner's password is among the worker's variables", () => {
  const owners = [info.postgres.url, info.mongodb.url]
    .map((url) => new URL(url).password)
    .concat(info.keycloak.clientSecret);
  const given = Object.values(workerEnv(info)).join('\n');
  expect(owners.filter((password) => given.includes(password))).toEqual([]);
});
