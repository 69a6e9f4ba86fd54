import { createHash } from 'node:crypto';
import type KeycloakAdminClient from '@keycloak/keycloak-admin-client';
import { statusOf } from '../../backends/keycloak/provisioner/admin';

/** The client that `freeflow login` uses unless it is given another. */
const CLIENT = 'freeflow-cli';
/** The client of the console. */
const CONSOLE_CLIENT = 'freeflow-console';

/** A person's permissions are the roles that this person has in the realm. */
const PERMISSIONS_MAPPER = {
  name: 'permissions',
  protocol: 'openid-connect',
  protocolMapper: 'oidc-usermodel-realm-role-mapper',
  config: {
    'claim.name': 'permissions',
    'jsonType.label': 'String',
    multivalued: 'true',
    'access.token.claim': 'true',
    'id.token.claim': 'false',
    'userinfo.token.claim': 'false',
  },
};

type Mapper = typeof PERMISSIONS_MAPPER | { name: string; protocol: string; protocolMapper: string; config: object };

/**
 * Makes a person who has the permission, and the clients by which people log in: on a command line, and in the console.
 * @param isOurs else other stacks use the realm too, whose person's password can be neither read nor changed: each has
 * a person of its own
 */
export async function ensurePerson(
  admin: KeycloakAdminClient,
  realm: string,
  { permission, password, isOurs }: { permission: string; password: string; isOurs: boolean },
  mappers: Mapper[],
): Promise<{ username: string; password: string }> {
  await unlessThere(
    admin.clients.create({
      realm,
      clientId: CLIENT,
      publicClient: true,
      standardFlowEnabled: false,
      implicitFlowEnabled: false,
      directAccessGrantsEnabled: false,
      attributes: { 'oauth2.device.authorization.grant.enabled': 'true' },
      protocolMappers: [PERMISSIONS_MAPPER, ...mappers],
    }),
  );
  await unlessThere(
    admin.clients.create({
      realm,
      clientId: CONSOLE_CLIENT,
      publicClient: true,
      standardFlowEnabled: true,
      implicitFlowEnabled: false,
      directAccessGrantsEnabled: false,
      // Of any port: which one the API gets is not known yet (https://www.rfc-editor.org/rfc/rfc8252#section-7.3).
      redirectUris: ['http://127.0.0.1/console/*', 'http://localhost/console/*'],
      // For the same reason; a token is given out for a code and its verifier, whatever page sends them.
      webOrigins: ['*'],
      attributes: { 'pkce.code.challenge.method': 'S256', 'post.logout.redirect.uris': '+' },
      protocolMappers: [PERMISSIONS_MAPPER, ...mappers],
    }),
  );
  await unlessThere(
    admin.roles.create({ realm, name: permission, description: 'May do everything with tenants by the API' }),
  );
  const role = await admin.roles.findOneByName({ realm, name: permission });
  if (role?.id === undefined) throw new Error(`role ${permission} of realm ${realm} can't be read`);
  const username = isOurs ? 'admin' : `admin-${shortHashOf(password)}`;
  const id = await ensureUser(admin, realm, username, password);
  await admin.users.addRealmRoleMappings({ realm, id, roles: [{ id: role.id, name: permission }] });
  return { username, password };
}

const shortHashOf = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 6);

/** With everything that Keycloak would ask for at the first login otherwise. */
async function ensureUser(
  { users }: KeycloakAdminClient,
  realm: string,
  username: string,
  password: string,
): Promise<string> {
  await unlessThere(
    users.create({
      realm,
      username,
      enabled: true,
      firstName: 'FreeFlow',
      lastName: 'Admin',
      email: `${username}@freeflow.invalid`,
      emailVerified: true,
    }),
  );
  const [user] = await users.find({ realm, username, exact: true });
  if (user?.id === undefined) throw new Error(`user ${username} of realm ${realm} can't be read`);
  await users.resetPassword({
    realm,
    id: user.id,
    credential: { type: 'password', value: password, temporary: false },
  });
  return user.id;
}

async function unlessThere(request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (statusOf(error) !== 409) throw error;
  }
}
