import type { StackInfo } from '@freeflow/contract/stack-info';
import { z } from 'zod';
import { call, expectRefusal, ignoreMissing } from './http';
import { newPassword, type ResourceNames, type ScriptServer } from './server';
import { Slots } from './slots';

/** As many at a time as the product's worker by default: more make each slower. */
const REALMS_AT_ONCE = 2;
const RENEW_BEFORE_S = 10;

const CLOCK_TOLERANCE_S = 60;

const realmAnswer = z.object({ attributes: z.record(z.string(), z.string()), notBefore: z.number() });
const tokenAnswer = z.object({ access_token: z.string(), expires_in: z.number() });

/** A realm for each tenant, with a client, a role and a first admin. */
export class ScriptKeycloak implements ScriptServer {
  private readonly url: string;
  private readonly secrets = new Map<string, string>();
  /** What a suspend has taken away. Without its attributes an update sets some of them to their defaults. */
  private readonly before = new Map<string, z.output<typeof realmAnswer>>();
  private readonly slots = new Slots(REALMS_AT_ONCE);
  private token: { value: string; renewAt: number } | undefined;

  constructor(private readonly keycloak: StackInfo['keycloak']) {
    this.url = keycloak.url.replace(/\/$/, '');
  }

  async create(name: string): Promise<void> {
    const secret = newPassword();
    await this.slots.run(() => this.admin('POST', '', realmOf(name, secret)));
    this.secrets.set(name, secret);
    await this.logIn(name);
  }

  async drop(name: string): Promise<void> {
    await this.slots.run(() => this.admin('DELETE', `/${name}`));
  }

  async suspend(name: string): Promise<void> {
    const { attributes, notBefore } = realmAnswer.parse(await this.admin('GET', `/${name}`));
    this.before.set(name, { attributes, notBefore });
    await this.admin('PUT', `/${name}`, { attributes, enabled: false });
    await this.admin('POST', `/${name}/logout-all`);
    // The logout has set it to this second, whose own tokens would go on being taken.
    const revoked = Math.floor(Date.now() / 1_000) + CLOCK_TOLERANCE_S;
    await this.admin('PUT', `/${name}`, { attributes, enabled: false, notBefore: revoked });
    await expectRefusal('Keycloak', () => this.logIn(name));
  }

  async resume(name: string): Promise<void> {
    await this.admin('PUT', `/${name}`, { ...this.before.get(name), enabled: true });
    await this.logIn(name);
  }

  async remove({ keycloak: name }: ResourceNames): Promise<void> {
    await this.slots.run(() => this.admin('DELETE', `/${name}`)).catch(ignoreMissing);
  }

  async close(): Promise<void> {
    // No connections beyond fetch's own.
  }

  private async logIn(name: string): Promise<void> {
    await this.grant(name, 'app', this.secrets.get(name) ?? '');
  }

  private async admin(method: string, path: string, body?: object): Promise<unknown> {
    return call(
      method,
      `${this.url}/admin/realms${path}`,
      { authorization: `Bearer ${await this.adminToken()}` },
      body,
    );
  }

  private async adminToken(): Promise<string> {
    if (this.token === undefined || performance.now() > this.token.renewAt) {
      const { clientId, clientSecret } = this.keycloak;
      const { access_token: value, expires_in: seconds } = await this.grant('master', clientId, clientSecret);
      this.token = { value, renewAt: performance.now() + (seconds - RENEW_BEFORE_S) * 1_000 };
    }
    return this.token.value;
  }

  private async grant(realm: string, clientId: string, secret: string): Promise<z.output<typeof tokenAnswer>> {
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: secret,
    });
    return tokenAnswer.parse(await call('POST', `${this.url}/realms/${realm}/protocol/openid-connect/token`, {}, form));
  }
}

const realmOf = (realm: string, secret: string) => ({
  realm,
  enabled: true,
  roles: { realm: [{ name: 'tenant-admin' }] },
  clients: [
    {
      clientId: 'app',
      secret,
      publicClient: false,
      serviceAccountsEnabled: true,
      standardFlowEnabled: true,
      redirectUris: ['https://app.example/*'],
    },
  ],
  users: [
    {
      username: 'admin',
      enabled: true,
      realmRoles: ['tenant-admin'],
      credentials: [{ type: 'password', value: `${newPassword()}aA1!`, temporary: true }],
    },
  ],
});
