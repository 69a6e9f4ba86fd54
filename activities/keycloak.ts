import KeycloakAdminClient from '@keycloak/keycloak-admin-client';
import { allAbsent } from './absence';
import type { Absence, Backend, Connection, Difference, Inspection, Made, Marked, Notes, Secrets, Target } from './backend';
import { BackendFault, hasCode } from './failures';
import { isRealmThere, probeKeycloak, refusedKeycloak } from './keycloak-probe';
import { APP_CLIENT, realmRepresentation } from './keycloak-realm';
import { keycloakDifferences } from './keycloak-state';
import { SharedToken, type ServiceAccount } from './keycloak-token';
import { newPassword } from './passwords';

const CALL_TIMEOUT_MS = 60_000;
/** The clocks of several Keycloak nodes may differ so much: tokens that one has just issued are meant as well. */
const CLOCK_TOLERANCE_S = 60;

type Realms = KeycloakAdminClient['realms'];

/**
 * A realm per tenant, made in one call, whose internal id is the nonce: chosen by us and unchangeable afterwards.
 * Works with a service account of realm `master` which holds `create-realm` and nothing else; Keycloak gives whoever
 * makes a realm the rights over it, from the next token on.
 */
export class KeycloakBackend implements Backend {
  readonly kind = 'keycloak';
  readonly callTimeoutMs = CALL_TIMEOUT_MS;
  readonly asksByName = true;
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
    return { externalId: target.nonce, connection: this.connectionOf() };
  }

  connectionOf(): Connection {
    return { username: APP_CLIENT };
  }

  async probe({ name }: Target, secrets: Secrets): Promise<void> {
    await probeKeycloak(this.asTenant(name, secrets), this.account.realm);
  }

  /** A disabled realm issues and refreshes nothing, by `notBefore` it takes no token it has issued, the logout ends its sessions. */
  async disable({ name, signal }: Target): Promise<Notes> {
    signal.throwIfAborted();
    await this.admin.realms.update({ realm: name }, { enabled: false });
    await this.admin.realms.logoutAll({ realm: name });
    // The logout sets it to the present second by the server's clock, not by ours, but that second's own tokens would go on being taken.
    const { notBefore } = (await this.admin.realms.findOne({ realm: name })) ?? {};
    if (!notBefore) throw new BackendFault('server-error', `Keycloak: realm ${name} doesn't say since when its tokens count, after the logout of all`);
    await this.admin.realms.update({ realm: name }, { notBefore: notBefore + CLOCK_TOLERANCE_S });
    return [];
  }

  async enable({ name, signal }: Target): Promise<Notes> {
    signal.throwIfAborted();
    await this.admin.realms.update({ realm: name }, { enabled: true, notBefore: 0 });
    return [];
  }

  async refused({ name }: Target, secrets: Secrets): Promise<void> {
    await refusedKeycloak(this.asTenant(name, secrets));
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

  async drop({ name, signal }: Target): Promise<Notes> {
    signal.throwIfAborted();
    await this.admin.realms.del({ realm: name }).catch((error: unknown) => {
      if (!hasCode(error, 404)) throw error;
    });
    return [];
  }

  /** Realms can't be looked up by their id but by listing all of them, which is dear: so by name, at both of its doors. */
  async absence(target: Target): Promise<Absence[]> {
    await this.token.renew();
    return allAbsent('Keycloak', [
      [`realm ${target.name}, as its administrator`, 'name', (await this.inspect(target)).state !== 'absent'],
      [`realm ${target.name}, as anybody`, 'name', await isRealmThere(this.account.baseUrl, target.name)],
    ]);
  }

  async differences(target: Target, state: 'present' | 'disabled', secrets: Secrets): Promise<Difference[]> {
    const realm = await this.admin.realms.findOne({ realm: target.name });
    return keycloakDifferences(realm ?? {}, realmRepresentation(target, secrets), state, this.asTenant(target.name, secrets));
  }

  /** Those of these names alone, one by one: to list realms is dear. What our account may not see, it has not made. */
  async marked(names: readonly string[], signal: AbortSignal): Promise<Marked[]> {
    await this.token.renew();
    const found: Marked[] = [];
    for (const name of names) {
      signal.throwIfAborted();
      const id = await this.realmId(name);
      if (id !== 'absent' && id !== 'hidden') found.push({ name, nonce: id.id, externalId: id.id });
    }
    return found;
  }

  async close(): Promise<void> {
    // The client holds no connections beyond fetch's own.
  }

  private asTenant(realm: string, secrets: Secrets): ServiceAccount {
    return { baseUrl: this.account.baseUrl, realm, clientId: APP_CLIENT, clientSecret: secrets['client-secret'] ?? '' };
  }

  private async lookUp({ name, nonce }: Target): Promise<Inspection | 'hidden'> {
    const found = await this.realmId(name);
    if (found === 'hidden') return 'hidden';
    if (found === 'absent') return { state: 'absent' };
    if (found.id === nonce) return { state: 'ours', externalId: found.id };
    return { state: 'foreign', owner: `realm ${name} exists and isn't ours (its id is ${found.id})` };
  }

  private async realmId(name: string): Promise<{ id: string } | 'absent' | 'hidden'> {
    let realm: Awaited<ReturnType<Realms['findOne']>>;
    try {
      realm = await this.admin.realms.findOne({ realm: name });
    } catch (error) {
      if (hasCode(error, 403)) return 'hidden';
      throw error;
    }
    // findOne gives null for 404, whatever its type says.
    if (realm === undefined || realm === null) return 'absent';
    return realm.id === undefined ? 'hidden' : { id: realm.id };
  }
}

// 409 says that a realm of that name or id stands there now, maybe from our own earlier call: the look-up tells whose.
function conflictIsAQuestion(error: unknown): void {
  if (!hasCode(error, 409)) throw error;
}
