import type { Password } from '../../provisioner/outcome';
import type { KeycloakAdmin } from './admin';

/** A client as Keycloak represents it; much more than this, which an update has to give back. */
type Client = Record<string, unknown> & { id: string; clientId: string };

/** A client that logs in as itself, by its secret, and in no other way. */
const SERVICE_ACCOUNT = {
  enabled: true,
  publicClient: false,
  serviceAccountsEnabled: true,
  standardFlowEnabled: false,
  implicitFlowEnabled: false,
  directAccessGrantsEnabled: false,
};

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
  admin: KeycloakAdmin,
  realm: string,
  clientId: string,
  password: Password,
  more: Record<string, unknown> = {},
): Promise<EnsuredClient> {
  const find = async () =>
    (await admin<Client[]>('GET', `/${realm}/clients?clientId=${encodeURIComponent(clientId)}`))?.find(
      (it) => it.clientId === clientId,
    );
  const before = await find();
  if (before === undefined)
    await admin('POST', `/${realm}/clients`, { clientId, secret: password.value, ...SERVICE_ACCOUNT, ...more });
  const client = before ?? (await find());
  if (client === undefined)
    throw new Error(`the client ${clientId} was created in realm ${realm}, but can't be found there`);
  const { value: secret } =
    (await admin<{ value?: string }>('GET', `/${realm}/clients/${client.id}/client-secret`)) ?? {};
  if (before === undefined)
    return { id: client.id, secret: secret ?? password.value, did: [`client ${clientId} created in realm ${realm}`] };
  return { id: client.id, ...(await mend(admin, realm, before, secret, password)) };
}

async function mend(
  admin: KeycloakAdmin,
  realm: string,
  client: Client,
  secret: string | undefined,
  password: Password,
): Promise<Omit<EnsuredClient, 'id'>> {
  const changed = Object.entries(SERVICE_ACCOUNT)
    .filter(([name, value]) => client[name] !== value)
    .map(([name, value]) => `${name} ${String(value)}`);
  const wanted = password.isForced ? password.value : (secret ?? password.value);
  if (changed.length > 0 || wanted !== secret)
    await admin('PUT', `/${realm}/clients/${client.id}`, { ...client, ...SERVICE_ACCOUNT, secret: wanted });
  return {
    secret: wanted,
    did: [
      ...(changed.length > 0 ? [`client ${client.clientId} has again: ${changed.join(', ')}`] : []),
      ...(wanted === secret ? [] : [`client ${client.clientId} has the secret given`]),
    ],
  };
}
