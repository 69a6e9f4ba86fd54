import type { Notes, Secrets, Target } from '../backend';
import { BackendFault, hasCode } from '../failures';
import type { ClientRepresentation, KeycloakAdmin, UserRepresentation } from './admin';
import { appClientOf, clientRepresentation, loginClientId } from './realm';

/**
 * What a login by the stored secret hangs on. A tenant's administrator may change every one of them; all else about the
 * client is his.
 */
const LOGIN = {
  enabled: true,
  protocol: 'openid-connect',
  clientAuthenticatorType: 'client-secret',
  publicClient: false,
  bearerOnly: false,
  serviceAccountsEnabled: true,
} as const;
/** Set, they demand more of a login than the secret. */
const DEMANDS = ['dpop.bound.access.tokens', 'tls.client.certificate.bound.access.tokens'];

/** The client of exactly this name. */
export const findClient = async (
  admin: KeycloakAdmin,
  realm: string,
  clientId: string,
): Promise<ClientRepresentation | undefined> =>
  (await admin.call(({ clients }) => clients.find({ realm, clientId }))).find((it) => it.clientId === clientId);

/** What was restored of the tenant's client. */
interface Restored {
  /** What the tenant had changed. */
  notes: Notes;
  /** The id of a client that was there. */
  id?: string;
}

/**
 * Has the tenant's client take the stored secret again, even if the tenant has changed it since, and leaves alone what
 * doesn't stand in the way of that. Where nothing does, nothing is changed. The account as which it logs in is looked
 * after apart: {@link enableAccount}.
 */
export async function restoreClient(admin: KeycloakAdmin, target: Target, secrets: Secrets): Promise<Restored> {
  const { name: realm, nonce, credential = 1, announceCall } = target;
  const clientId = appClientOf(credential);
  // The id by which the end of its credential knows it again.
  const own = credential === 1 ? {} : { id: loginClientId(nonce, credential) };
  const client = await findClient(admin, realm, clientId);
  if (client?.id === undefined) {
    await announceCall();
    await admin
      .change(target, ({ clients }) => clients.create({ realm, ...own, ...clientRepresentation(target, secrets) }))
      .catch((error: unknown) => refuseSquatter(target, error));
    return { notes: [`client ${clientId} was missing, and was created again`] };
  }
  const { id } = client;
  const wrong = changesOf(client, secrets['client-secret'] ?? '');
  if (wrong.length === 0) return { notes: [], id };
  await announceCall();
  const attributes = {
    ...client.attributes,
    ...Object.fromEntries(DEMANDS.filter((it) => isSet(client, it)).map((it) => [it, 'false'])),
  };
  await admin
    .change(target, ({ clients }) =>
      clients.update({ realm, id }, { ...client, ...LOGIN, secret: secrets['client-secret'] ?? '', attributes }),
    )
    .catch((error: unknown) => refuseSquatter(target, error));
  return {
    notes: [`the tenant had changed client ${clientId} (${wrong.join(', ')}); the stored settings were restored`],
    id,
  };
}

const isSet = ({ attributes }: ClientRepresentation, name: string): boolean => attributes?.[name] === 'true';

function changesOf(client: ClientRepresentation, secret: string): string[] {
  return [
    ...(client.secret === secret ? [] : ['its secret']),
    ...(Object.keys(LOGIN) as (keyof typeof LOGIN)[]).filter((it) => (client[it] ?? false) !== LOGIN[it]),
    ...DEMANDS.filter((it) => isSet(client, it)),
  ];
}

/**
 * Enables the user as whom the client logs in. Where it was deleted, Keycloak makes it again as soon as it is looked
 * for.
 * @returns that it had been disabled
 */
export async function enableAccount(admin: KeycloakAdmin, target: Target, clientId: string): Promise<Notes> {
  const { name: realm, announceCall } = target;
  const account: UserRepresentation = await admin.call(({ clients }) =>
    clients.getServiceAccountUser({ realm, id: clientId }),
  );
  const { id, enabled } = account;
  if (id === undefined || enabled === true) return [];
  await announceCall();
  await admin.change(target, ({ users }) => users.update({ realm, id }, { ...account, enabled: true }));
  return [`the service account of client ${appClientOf(target.credential)} was disabled, and was enabled again`];
}

// Keycloak's words are "Client already exists", but it is a user of the name that it gives to service accounts.
function refuseSquatter({ name: realm, credential }: Target, error: unknown): never {
  if (!hasCode(error, 409)) throw error;
  const clientId = appClientOf(credential);
  throw new BackendFault(
    'conflict',
    `Keycloak: client ${clientId} of realm ${realm} can't get its service account; if there is a user service-account-${clientId}, delete it`,
    { cause: error },
  );
}
