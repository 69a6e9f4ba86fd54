import { z } from 'zod';
import { VaultError } from './errors';
import { VaultSession } from './session';
import { vaultSettingsOf, type VaultSettings, type VaultValues } from './settings';
import { VaultTransport, type VaultAnswer, type VaultCall } from './transport';

/** The fields of a secret, each a text. */
export type Fields = Readonly<Record<string, string>>;

const fields = z.record(z.string(), z.string());
const version = z.object({ data: z.object({ data: fields.nullable(), metadata: z.object({ version: z.number() }) }) });

const none = z.union([z.object({ errors: z.array(z.never()) }), version]);

const listing = z.object({ data: z.object({ keys: z.array(z.string()) }) });
const metadata = z.object({ data: z.object({ updated_time: z.iso.datetime({ offset: true }) }) });

// By path; the answer has other fields beside those.
const capabilities = z.object({ data: z.record(z.string(), z.array(z.string()).catch([])) });

/** What a policy calls the right to make a call. */
const CAPABILITY: Readonly<Record<VaultCall['method'], string>> = {
  GET: 'read',
  POST: 'create, update',
  DELETE: 'delete',
};

/** The vault that these variables name; it is called by nobody yet. @throws Error when VAULT_CACERT can't be read */
export function openVault(values: VaultValues): VaultKv | undefined {
  const settings = vaultSettingsOf(values);
  return settings === undefined ? undefined : new VaultKv(settings);
}

/** A KV engine of version 2. Paths are seen from its mount. All methods throw VaultError. */
export class VaultKv {
  readonly mount: string;
  /** What ours are below. */
  readonly path: string;
  private readonly transport: VaultTransport;
  private readonly session: VaultSession;

  constructor(settings: VaultSettings) {
    this.mount = settings.mount;
    this.path = settings.path;
    this.transport = new VaultTransport(settings);
    this.session = new VaultSession(this.transport, settings.login);
  }

  /** @returns false where there is one already, or was one that is only marked as deleted; nothing is changed then */
  async putIfAbsent(path: string, data: Fields): Promise<boolean> {
    const call = { method: 'POST', path: this.at('data', path), body: { options: { cas: 0 }, data } } as const;
    const answer = await this.call(call);
    if (answer.status === 200) return true;
    if (answer.status === 400 && /check-and-set/.test(answer.words)) return false;
    throw this.unexpected(call, answer);
  }

  /** A new version. */
  async put(path: string, data: Fields): Promise<void> {
    const call = { method: 'POST', path: this.at('data', path), body: { data } } as const;
    const answer = await this.call(call);
    if (answer.status !== 200) throw this.unexpected(call, answer);
  }

  /** @param at which version; the newest, when left out. @returns undefined where there is none, or it was deleted */
  async read(path: string, at?: number): Promise<Fields | undefined> {
    const query = at === undefined ? '' : `?version=${at}`;
    const call = { method: 'GET', path: `${this.at('data', path)}${query}` } as const;
    const answer = await this.call(call);
    if (isNone(answer)) return undefined;
    const found = answer.status === 200 ? version.safeParse(answer.body) : undefined;
    if (found?.success !== true) throw this.unexpected(call, answer);
    return found.data.data.data ?? undefined;
  }

  /** Destroys all versions and what is known of them, and reads back that nothing is left. */
  async destroy(path: string): Promise<void> {
    const remove = { method: 'DELETE', path: this.at('metadata', path) } as const;
    const answer = await this.call(remove);
    if (answer.status !== 204 && !isNone(answer)) throw this.unexpected(remove, answer);
    const look = { method: 'GET', path: this.at('metadata', path) } as const;
    const left = await this.call(look);
    if (!isNone(left)) throw this.unexpected(look, left);
  }

  /** The paths of all secrets below one, also of those that are only marked as deleted. */
  async listBelow(path: string): Promise<string[]> {
    const call = { method: 'GET', path: `${this.at('metadata', path)}/?list=true` } as const;
    const answer = await this.call(call, 'list');
    if (isNone(answer)) return [];
    const found = answer.status === 200 ? listing.safeParse(answer.body) : undefined;
    if (found?.success !== true) throw this.unexpected(call, answer);
    const deeper = await Promise.all(
      found.data.data.keys.map(async (key) => {
        const below = `${path}/${encodeURIComponent(key.replace(/\/$/, ''))}`;
        return key.endsWith('/') ? this.listBelow(below) : [below];
      }),
    );
    return deeper.flat();
  }

  /** When a secret was last written, by the vault's clock; undefined where there is none. */
  async writtenAt(path: string): Promise<Date | undefined> {
    const call = { method: 'GET', path: this.at('metadata', path) } as const;
    const answer = await this.call(call);
    if (isNone(answer)) return undefined;
    const found = answer.status === 200 ? metadata.safeParse(answer.body) : undefined;
    if (found?.success !== true) throw this.unexpected(call, answer);
    return new Date(found.data.data.updated_time);
  }

  /** What the worker's policy allows and this login's does not; the vault answers no call that it would refuse. */
  async missingRights(): Promise<string[]> {
    const wanted = { [this.at('data', `${this.path}/+`)]: ['create', 'update', 'read'] } as Record<string, string[]>;
    wanted[this.at('metadata', `${this.path}/+/+`)] = ['read', 'delete'];
    wanted[this.at('metadata', `${this.path}/+/`)] = ['list'];
    const paths = Object.keys(wanted);
    const call = { method: 'POST', path: 'sys/capabilities-self', body: { paths } } as const;
    const answer = await this.call(call);
    const has = answer.status === 200 ? capabilities.safeParse(answer.body) : undefined;
    if (has?.success !== true) throw this.unexpected(call, answer);
    return Object.entries(wanted).flatMap(([path, rights]) => {
      const had = has.data.data[path] ?? [];
      return had.includes('root') ? [] : rights.filter((it) => !had.includes(it)).map((it) => `${it} on ${path}`);
    });
  }

  /** Renews a token that was given from now on, also while nothing is called. Never fails. */
  keepAlive(): void {
    this.session.keepAlive();
  }

  async close(): Promise<void> {
    await this.session.close();
    await this.transport.close();
  }

  private async call(call: Omit<VaultCall, 'token'>, right = CAPABILITY[call.method]): Promise<VaultAnswer> {
    const answer = await this.session.call(call);
    if (answer.status === 403) throw forbidden(call, right);
    if (answer.status === 500)
      throw new VaultError(
        'vault-unavailable',
        `vault: ${call.method} ${call.path} has failed inside: ${answer.words}`,
      );
    return answer;
  }

  private readonly at = (part: 'data' | 'metadata', path: string): string => `${this.mount}/${part}/${path}`;

  private unexpected({ method, path }: VaultCall, { status, words }: VaultAnswer): VaultError {
    return new VaultError(
      'vault-unexpected',
      `vault: ${method} ${path} is answered by ${status}${words === '' ? '' : ` (${words})`}. Is ${this.mount} a KV engine of version 2?`,
    );
  }
}

/**
 * Whether an engine says that it has none: without any words, or with the data of a version that was deleted. A path
 * without an engine is a 404 too ("no handler for route"), and so is what a proxy says of a server it doesn't know.
 */
const isNone = ({ status, body, words }: VaultAnswer): boolean =>
  status === 404 && words === '' && none.safeParse(body).success;

const forbidden = ({ path }: Omit<VaultCall, 'token'>, right: string): VaultError =>
  new VaultError('vault-forbidden', `vault: no policy of this login allows ${right} on ${path.replace(/\?.*/, '')}`);
