import { SharedToken, type AccessToken } from '@freeflow/lib/oauth';
import KeycloakAdminClient from '@keycloak/keycloak-admin-client';
import type { Target } from '../backend';
import { BackendFault, hasCode } from '../failures';
import { accountId, clientCredentials, type ServiceAccount } from './token';

const UNAUTHORIZED = 401;
/** In this part of the time of a call it is sent, or not at all: the rest is the server's. */
const SENT_WITHIN = 0.5;

export type RealmRepresentation = Parameters<KeycloakAdminClient['realms']['update']>[1];
export type ClientRepresentation = Parameters<KeycloakAdminClient['clients']['update']>[1];
export type UserRepresentation = Parameters<KeycloakAdminClient['users']['update']>[1];

/** The admin API by the provisioner's account, with one token for all calls. */
export class KeycloakAdmin {
  private readonly token: SharedToken<AccessToken>;
  private readonly client: KeycloakAdminClient;
  private known: { token: string; id: string } | undefined;

  constructor(
    readonly account: ServiceAccount,
    private readonly timeoutMs: number,
  ) {
    this.token = new SharedToken(() => clientCredentials(account));
    this.client = this.newClient(async () => (await this.token.get()).value);
  }

  /** The id of our own account at the server: each server has given it another one. */
  async accountId(): Promise<string> {
    const token = await this.token.get();
    // Once per token: by the next one the server at this address may have become another.
    if (this.known?.token !== token.value)
      this.known = { token: token.value, id: await accountId(this.account, token) };
    return this.known.id;
  }

  /** Rights on a realm are only in tokens that were issued after it was made. */
  async renewToken(): Promise<void> {
    await this.token.renew();
  }

  /** A call that only reads. */
  call<T>(call: (client: KeycloakAdminClient) => Promise<T>): Promise<T> {
    return this.callTwice(call, this.client);
  }

  /**
   * A call with an effect, token and repetition included: it is over in the time of a call, as which the ledger's
   * settle time counts it, and it isn't sent any more once the lock is lost, or so late that the server's time for it
   * would run short.
   */
  change<T>({ signal }: Pick<Target, 'signal'>, call: (client: KeycloakAdminClient) => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const client = this.newClient(async () => {
      const { value } = await this.token.get();
      signal.throwIfAborted();
      const passedMs = performance.now() - startedAt;
      if (passedMs > this.timeoutMs * SENT_WITHIN)
        throw new BackendFault('unreachable', 'Keycloak: the token for a call came too late to send it');
      client.timeout = Math.ceil(this.timeoutMs - passedMs);
      return value;
    });
    return this.callTwice(call, client);
  }

  private newClient(getAccessToken: () => Promise<string>): KeycloakAdminClient {
    const { baseUrl, realm } = this.account;
    const client = new KeycloakAdminClient({ baseUrl, realmName: realm, timeout: this.timeoutMs });
    client.registerTokenProvider({ getAccessToken });
    return client;
  }

  /**
   * A 401 means that the token isn't taken any more, as after a restart or a "revoke all" of the server, and that
   * nothing was done: once more with a new one.
   */
  private async callTwice<T>(
    call: (client: KeycloakAdminClient) => Promise<T>,
    client: KeycloakAdminClient,
  ): Promise<T> {
    try {
      return await call(client);
    } catch (error) {
      if (!hasCode(error, UNAUTHORIZED)) throw error;
      await this.token.renew();
      return call(client);
    }
  }
}
