import type KeycloakAdminClient from '@keycloak/keycloak-admin-client';
import type { Password } from '../../provisioner/outcome';
import type { ClientRepresentation } from '../admin';

/** A client that logs in as itself, by its secret, and in no other way. */
const SERVICE_ACCOUNT = {
  enabled: true,
  publicClient: false,
  serviceAccountsEnabled: true,
  standardFlowEnabled: false,
  implicitFlowEnabled: false,
  directAccessGrantsEnabled: false,
} satisfies ClientRepresentation;
const SETTINGS = Object.keys(SERVICE_ACCOUNT) as (keyof typeof SERVICE_ACCOUNT)[];

export interface EnsuredClient {
  id: string;
  secret: string;
  did: string[];
}

/**
 * Makes a client that is a service account, or makes it one again.
 * @param more what it gets beyond that when it is new
 */
export async function ensureServiceAccount(
  admin: KeycloakAdminClient,
  realm: string,
  clientId: string,
  password: Password,
  more: ClientRepresentation = {},
): Promise<EnsuredClient> {
  const { clients } = admin;
  const before = (await clients.find({ realm, clientId })).find((it) => it.clientId === clientId);
  const id =
    before?.id ?? (await clients.create({ realm, clientId, secret: password.value, ...SERVICE_ACCOUNT, ...more })).id;
  const { value: secret } = await clients.getClientSecret({ realm, id });
  if (before === undefined)
    return { id, secret: secret ?? password.value, did: [`client ${clientId} created in realm ${realm}`] };
  return { id, ...(await repairAccount(admin, realm, { ...before, id }, secret, password)) };
}

async function repairAccount(
  { clients }: KeycloakAdminClient,
  realm: string,
  client: ClientRepresentation & { id: string },
  secret: string | undefined,
  password: Password,
): Promise<Omit<EnsuredClient, 'id'>> {
  const changed = SETTINGS.filter((it) => client[it] !== SERVICE_ACCOUNT[it]).map(
    (it) => `${it} ${String(SERVICE_ACCOUNT[it])}`,
  );
  const wanted = password.isForced ? password.value : (secret ?? password.value);
  if (changed.length > 0 || wanted !== secret)
    await clients.update({ realm, id: client.id }, { ...client, ...SERVICE_ACCOUNT, secret: wanted });
  return {
    secret: wanted,
    did: [
      ...(changed.length > 0 ? [`client ${client.clientId} has again: ${changed.join(', ')}`] : []),
      ...(wanted === secret ? [] : [`client ${client.clientId} has the secret given`]),
    ],
  };
}
