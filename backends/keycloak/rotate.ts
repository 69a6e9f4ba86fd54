import type { Credential, Notes, Target } from '../backend';
import { BackendFault, hasCode } from '../failures';
import { newPassword } from '../passwords';
import type { ClientRepresentation, KeycloakAdmin } from './admin';
import { appClientOf, loginClientId } from './realm';
import { findClient } from './restore-client';

const NOT_FOUND = 404;

/**
 * Makes another client of the tenant's application, a copy of the present one but for name and secret: with its
 * redirect URIs, mappers and scopes, and with the roles and groups of its service account. Keycloak itself keeps two
 * secrets of one client only by a policy of a preview feature, which would have them expire.
 */
export async function issueClient(
  admin: KeycloakAdmin,
  target: Target,
  next: Credential,
  current: Credential,
): Promise<Notes> {
  const { name: realm, nonce, signal, announceCall } = target;
  const source = await findClient(admin, realm, appClientOf(current.version));
  if (source?.id === undefined)
    throw new BackendFault(
      'missing-resource',
      `Keycloak: realm ${realm} has no client ${appClientOf(current.version)} that could be copied; a suspend and resume makes it again`,
    );
  const clientId = appClientOf(next.version);
  const id = loginClientId(nonce, next.version);
  const found = await findClient(admin, realm, clientId);
  if (found !== undefined && found.id !== id)
    throw new BackendFault(
      'conflict',
      `Keycloak: realm ${realm} has a client ${clientId} which isn't ours; delete or rename it`,
    );
  signal.throwIfAborted();
  await announceCall();
  const made = copyOf(source, { id, clientId, secret: next.secrets['client-secret'] ?? '' });
  await (found === undefined
    ? admin.change(target, ({ clients }) => clients.create({ realm, ...made }))
    : admin.change(target, ({ clients }) => clients.update({ realm, id }, made)));
  await copyAccount(admin, target, source.id, id);
  return notCopied(admin, realm, source);
}

/**
 * Ends a client of the tenant's application, and all tokens with it. The first one, to which the tenant's roles may
 * belong, is only disabled, with a secret that nobody keeps; any other goes.
 * @param wasHandedOut then whatever has its name goes: a resume has given the secret to what the tenant had put there
 */
export async function endClient(
  admin: KeycloakAdmin,
  target: Target,
  version: number,
  wasHandedOut: boolean,
): Promise<Notes> {
  const { name: realm, nonce, signal, announceCall } = target;
  const clientId = appClientOf(version);
  const client = await findClient(admin, realm, clientId);
  if (client?.id === undefined) return [];
  const { id } = client;
  signal.throwIfAborted();
  await announceCall();
  if (version === 1) {
    await admin.change(target, ({ clients }) =>
      clients.update({ realm, id }, { ...client, enabled: false, secret: newPassword() }),
    );
    return [];
  }
  if (!wasHandedOut && id !== loginClientId(nonce, version))
    return [`client ${clientId} isn't ours, and was left alone`];
  await admin
    .change(target, ({ clients }) => clients.del({ realm, id }))
    .catch((error: unknown) => {
      if (!hasCode(error, NOT_FOUND)) throw error;
    });
  return [];
}

interface Copied {
  id: string;
  clientId: string;
  secret: string;
}

function copyOf(source: ClientRepresentation, own: Copied): ClientRepresentation {
  const {
    protocolMappers = [],
    registrationAccessToken: _token,
    authorizationSettings: _settings,
    access: _access,
    ...rest
  } = source;
  return {
    ...rest,
    ...own,
    enabled: true,
    serviceAccountsEnabled: true,
    authorizationServicesEnabled: false,
    // Their ids are those of the source.
    protocolMappers: protocolMappers.map(({ id: _id, ...mapper }) => mapper),
  };
}

/** The account as which a client logs in: what the tenant has given that of the source. */
async function copyAccount(admin: KeycloakAdmin, target: Target, from: string, to: string): Promise<void> {
  const { name: realm, announceCall } = target;
  const [source, made] = await Promise.all(
    [from, to].map((id) => admin.call(({ clients }) => clients.getServiceAccountUser({ realm, id }))),
  );
  const [sourceId, id] = [source?.id ?? '', made?.id ?? ''];
  const [{ realmMappings = [], clientMappings = {} }, groups] = await Promise.all([
    admin.call(({ users }) => users.listRoleMappings({ realm, id: sourceId })),
    admin.call(({ users }) => users.listGroups({ realm, id: sourceId })),
  ]);
  const rolesOf = (roles: readonly { id?: string; name?: string }[]) =>
    roles.map((it) => ({ id: it.id ?? '', name: it.name ?? '' }));
  await announceCall();
  if (realmMappings.length > 0)
    await admin.change(target, ({ users }) => users.addRealmRoleMappings({ realm, id, roles: rolesOf(realmMappings) }));
  for (const { id: clientUniqueId = '', mappings = [] } of Object.values(clientMappings) as Mapping[]) {
    await announceCall();
    await admin.change(target, ({ users }) =>
      users.addClientRoleMappings({ realm, id, clientUniqueId, roles: rolesOf(mappings) }),
    );
  }
  for (const { id: groupId = '' } of groups) {
    await announceCall();
    await admin.change(target, ({ users }) => users.addToGroup({ realm, id, groupId }));
  }
}

interface Mapping {
  id?: string;
  mappings?: { id?: string; name?: string }[];
}

/** What belongs to a client and can't have two owners. */
async function notCopied(
  admin: KeycloakAdmin,
  realm: string,
  { id = '', clientId, authorizationServicesEnabled }: ClientRepresentation,
): Promise<Notes> {
  const roles = await admin.call(({ clients }) => clients.listRoles({ realm, id }));
  return [
    ...(roles.length > 0 ? [`the ${roles.length} role(s) of client ${clientId} stay with it`] : []),
    ...(authorizationServicesEnabled === true ? [`the authorization services of client ${clientId} stay with it`] : []),
  ];
}
