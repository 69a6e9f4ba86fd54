import { readerPolicy, workerPolicy } from '@freeflow/lib/vault';
import { z } from 'zod';

/** Its first start elects a leader before it answers. */
const TIMEOUT_MS = 20_000;

/** By these it is opened after each start, and administered. */
export const vaultKeysSchema = z.object({ unsealKey: z.string(), rootToken: z.string() });
export type VaultKeys = z.output<typeof vaultKeysSchema>;

/** Where secrets are in it: as the variables' defaults have it. */
const PLACE = { mount: 'secret', path: 'freeflow' };

/** A call of the HTTP API; `path` is what follows `/v1/`. */
export async function callVault(
  url: string,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  { token = '', body }: { token?: string; body?: object } = {},
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${url}/v1/${path}`, {
    method,
    headers: { 'x-vault-token': token },
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

/** The same, of an administrator; what is refused is an error. */
export const administer =
  (url: string, token: string) =>
  async (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<unknown> => {
    const answer = await callVault(url, method, path, { token, ...(body === undefined ? {} : { body }) });
    if (answer.status >= 400)
      throw new Error(`the vault answers ${answer.status} to ${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };

/** Opens an empty vault for the first time. One key is enough where nobody else has access to the machine. */
export async function initialiseVault(url: string): Promise<VaultKeys> {
  const shares = { secret_shares: 1, secret_threshold: 1 };
  const { status, body } = await callVault(url, 'PUT', 'sys/init', { body: shares });
  if (status !== 200) throw new Error(`the vault answers ${status} to its initialisation`);
  const { keys_base64, root_token } = z
    .object({ keys_base64: z.array(z.string()).length(1), root_token: z.string() })
    .parse(body);
  return { unsealKey: keys_base64[0] ?? '', rootToken: root_token };
}

export async function unsealVault(url: string, { unsealKey }: VaultKeys): Promise<void> {
  const { status } = await callVault(url, 'PUT', 'sys/unseal', { body: { key: unsealKey } });
  if (status !== 200) throw new Error(`the vault answers ${status} to its unseal key`);
}

/** A login by AppRole. */
export interface VaultRole {
  roleId: string;
  secretId: string;
}

/** Makes the engine, policies and logins that FreeFlow needs, again and again with the same outcome. */
export async function setUpVault(
  url: string,
  rootToken: string,
  secretIds: Record<'worker' | 'reader', string>,
): Promise<Record<'worker' | 'reader', VaultRole>> {
  const admin = administer(url, rootToken);
  const ensureMount = async (path: string, existing: string, body: object) => {
    const mounted = z.record(z.string(), z.unknown()).parse(await admin('GET', existing));
    if (!(`${path}/` in mounted)) await admin('POST', `${existing}/${path}`, body);
  };
  await ensureMount(PLACE.mount, 'sys/mounts', { type: 'kv', options: { version: '2' } });
  await ensureMount('approle', 'sys/auth', { type: 'approle' });
  const role = async (name: 'worker' | 'reader', policy: string): Promise<VaultRole> => {
    const login = { roleId: `freeflow-${name}`, secretId: secretIds[name] };
    await admin('POST', `sys/policies/acl/freeflow-${name}`, { policy });
    const path = `auth/approle/role/freeflow-${name}`;
    await admin('POST', path, { token_policies: [`freeflow-${name}`], token_ttl: '1h' });
    await admin('POST', `${path}/role-id`, { role_id: login.roleId });
    // A secret id is taken once.
    if (!(await letsIn(url, login))) await admin('POST', `${path}/custom-secret-id`, { secret_id: login.secretId });
    return login;
  };
  return { worker: await role('worker', workerPolicy(PLACE)), reader: await role('reader', readerPolicy(PLACE)) };
}

async function letsIn(url: string, { roleId, secretId }: VaultRole): Promise<boolean> {
  const body = { role_id: roleId, secret_id: secretId };
  return (await callVault(url, 'POST', 'auth/approle/login', { body })).status === 200;
}
