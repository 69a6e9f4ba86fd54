import { decodeJwt } from 'jose';
import { readStackInfo } from '../../../stack/stack-info';
import { newName } from '../../../test/support/activity-harness';
import { TEST_STACK } from '../../../test/support/master';
import { asKeycloakAdmin } from '../../../test/support/outside';
import { clientOf } from '../../../test/support/provisioner-bench';

const info = readStackInfo(TEST_STACK);
const { provisioner } = info.keycloak;
const asProvisioner = { ...info, keycloak: { ...info.keycloak, ...provisioner } };

/** A realm of the server's owner. */
const foreign = `foreign-${newName()}`;
beforeAll(() => asKeycloakAdmin(info, 'POST', '/admin/realms', { realm: foreign, enabled: true }));
afterAll(() => asKeycloakAdmin(info, 'DELETE', `/admin/realms/${foreign}`));

const rolesIn = async (path: string) =>
  ((await asKeycloakAdmin(info, 'GET', path)).body as { name: string }[]).map((it) => it.name);

test('the provisioner has been given the role create-realm, and by default what every account has', async () => {
  const client = await clientOf(info, provisioner.clientId);
  expect((await rolesIn(`${client?.roles}/realm`)).toSorted()).toEqual(['create-realm', 'default-roles-master']);
});

test('a token of it names no roles, so that it does not grow with the realms it makes', async () => {
  const response = await fetch(`${info.keycloak.url}/realms/master/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: provisioner.clientId,
      client_secret: provisioner.clientSecret,
    }),
  });
  const { access_token: token } = (await response.json()) as { access_token: string };
  const claims = decodeJwt(token);
  expect(Object.keys(claims)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(realm|resource)_access$/)]));
  // The worker tells servers apart by it.
  expect(claims.sub).toEqual(expect.any(String));
  expect(token.length).toBeLessThan(2_000);
});

test.each([
  ["the realm master's users", 'GET', '/admin/realms/master/users', undefined],
  ["the realm master's clients", 'GET', '/admin/realms/master/clients', undefined],
  ['making a user in the realm master', 'POST', '/admin/realms/master/users', { username: 'never' }],
  ['changing the realm master', 'PUT', '/admin/realms/master', { enabled: true }],
  ["another's users", 'GET', `/admin/realms/${foreign}/users`, undefined],
  ["changing another's realm", 'PUT', `/admin/realms/${foreign}`, { enabled: false }],
  ["dropping another's realm", 'DELETE', `/admin/realms/${foreign}`, undefined],
])('it is refused: %s', async (_what, method, path, body) => {
  expect(await asKeycloakAdmin(asProvisioner, method, path, body)).toMatchObject({ status: 403 });
});
