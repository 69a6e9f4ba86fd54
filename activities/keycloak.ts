import KeycloakAdminClient from '@keycloak/keycloak-admin-client';
import type { Backend, Inspection, Made, Secrets, Target } from './backend';
import { BackendFault, hasCode } from './failures';
import { probeKeycloak } from './keycloak-probe';
import { APP_CLIENT, realmRepresentation } from './keycloak-realm';
import { SharedToken, type ServiceAccount } from './keycloak-token';
import { newPassword } from './passwords';

const CALL_TIMEOUT_MS = 60_000;

type Realms = KeycloakAdminClient['realms'];

/**
 * A realm per tenant, made in one call, whose internal id is the nonce: chosen by us and unchangeable afterwards.
 * Works with a service account of realm `master` which holds `create-realm` and nothing else; Keycloak gives whoever
 * makes a realm the rights over it, from the next token on.
 */
export class KeycloakBackend implements Backend {
  readonly kind = 'keycloak';
  readonly callTimeoutMs = CALL_TIMEOUT_MS;
  private readonly token: SharedToken;
  private readonly admin: KeycloakAdminClient;

  constructor(private readonly account: ServiceAccount) {
    this.token = new SharedToken(account);
    this.admin = new KeycloakAdminClient({ baseUrl: account.baseUrl, realmName: account.realm, timeout: CALL_TIMEOUT_MS });
    this.admin.registerTokenProvider({ getAccessToken: async () => (await this.token.get()).value });
  }

  /** The id of our own account at the server: each server has given it another one. */
  async serverId(): Promise<string> {
    return `keycloak:${(await this.token.get()).subject}`;
  }

  async newSecrets(): Promise<Secrets> {
    return { 'client-secret': newPassword(), 'admin-password': newPassword() };
  }

  async create(target: Target, secrets: Secrets): Promise<Made> {
    target.signal.throwIfAborted();
    // Not asked before: the call makes the realm complete or not at all, and its 409 is as good an answer.
    await this.admin.realms.create(realmRepresentation(target, secrets)).catch(conflictIsAQuestion);
    await this.token.renew();
    const found = await this.inspect(target);
    if (found.state === 'foreign') throw new BackendFault('foreign-resource', `Keycloak: ${found.owner}`);
    if (found.state === 'absent') throw new BackendFault('server-error', `Keycloak: realm ${target.name} was made and can't be read`);
    return { externalId: target.nonce, connection: { username: APP_CLIENT } };
  }

  async probe({ name }: Target, secrets: Secrets): Promise<void> {
    const tenant = { baseUrl: this.account.baseUrl, realm: name, clientId: APP_CLIENT, clientSecret: secrets['client-secret'] ?? '' };
    await probeKeycloak(tenant, this.account.realm);
  }

  async inspect(target: Target): Promise<Inspection> {
    const first = await this.lookUp(target);
    if (first !== 'hidden') return first;
    // Hidden from a token that is older than the realm, or from us for good: only a new token tells.
    await this.token.renew();
    const second = await this.lookUp(target);
    if (second !== 'hidden') return second;
    if (target.externalId !== undefined) {
      throw new BackendFault('permission', `Keycloak: realm ${target.name} was made by us, but our account may not read it any more`);
    }
    return { state: 'foreign', owner: `realm ${target.name} exists and isn't ours (our account has no rights over it)` };
  }

  async drop({ name, signal }: Target): Promise<void> {
    signal.throwIfAborted();
    await this.admin.realms.del({ realm: name }).catch((error: unknown) => {
      if (!hasCode(error, 404)) throw error;
    });
  }

  async close(): Promise<void> {
    // The client holds no connections beyond fetch's own.
  }

  private async lookUp({ name, nonce }: Target): Promise<Inspection | 'hidden'> {
    let realm: Awaited<ReturnType<Realms['findOne']>>;
    try {
      realm = await this.admin.realms.findOne({ realm: name });
    } catch (error) {
      if (hasCode(error, 403)) return 'hidden';
      throw error;
    }
    // findOne gives null for 404, whatever its type says.
    if (realm === undefined || realm === null) return { state: 'absent' };
    if (realm.id === undefined) return 'hidden';
    if (realm.id === nonce) return { state: 'ours', externalId: realm.id };
    return { state: 'foreign', owner: `realm ${name} exists and isn't ours (its id is ${realm.id})` };
  }
}

// 409 says that a realm of that name or id stands there now, maybe from our own earlier call: the look-up tells whose.
function conflictIsAQuestion(error: unknown): void {
  if (!hasCode(error, 409)) throw error;
}
