import { SharedToken, type AccessToken } from '@freeflow/lib/oauth';
import KeycloakAdminClient from '@keycloak/keycloak-admin-client';
import { hasCode } from '../failures';
import { accountId, clientCredentials, type ServiceAccount } from './token';

const UNAUTHORIZED = 401;

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
    timeout: number,
  ) {
    this.token = new SharedToken(() => clientCredentials(account));
    this.client = new KeycloakAdminClient({ baseUrl: account.baseUrl, realmName: account.realm, timeout });
    this.client.registerTokenProvider({ getAccessToken: async () => (await this.token.get()).value });
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

  /** A 401 means that the token isn't taken any more, as after a restart or a "revoke all" of the server, and that nothing was done: once more with a new one. */
  async call<T>(call: (client: KeycloakAdminClient) => Promise<T>): Promise<T> {
    try {
      return await call(this.client);
    } catch (error) {
      if (!hasCode(error, UNAUTHORIZED)) throw error;
      await this.token.renew();
      return call(this.client);
    }
  }
}
