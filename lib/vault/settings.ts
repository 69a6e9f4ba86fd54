import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import type { VAULT_VARIABLES } from '../config';

/** How to log in; a given token is used as it is. */
export type VaultLogin =
  | { readonly method: 'token'; readonly token: string }
  | { readonly method: 'approle'; readonly mount: string; readonly roleId: string; readonly secretId: string }
  | { readonly method: 'kubernetes'; readonly mount: string; readonly role: string; readonly tokenPath: string };

/** Where the vault is, how to log in, and what of it is ours. */
export interface VaultSettings {
  readonly address: string;
  readonly login: VaultLogin;
  readonly namespace?: string | undefined;
  /** PEM of the authorities to trust, in place of Node's own. */
  readonly ca?: string | undefined;
  /** The KV engine. */
  readonly mount: string;
  /** What our secrets are below. */
  readonly path: string;
  /** How long to wait for an answer, in ms. */
  readonly timeoutMs?: number | undefined;
}

/** The variables by which a process is told of a vault, read. */
export type VaultValues = z.output<z.ZodObject<typeof VAULT_VARIABLES>>;

/** What is wrong with these together: the variable, and the end of a sentence that begins with it. */
export function vaultProblems(values: VaultValues & { SECRETS_STORE?: string }): [variable: string, problem: string][] {
  const { VAULT_ADDR, VAULT_TOKEN, VAULT_ROLE_ID, VAULT_SECRET_ID, VAULT_KUBERNETES_ROLE, SECRETS_STORE } = values;
  if (VAULT_ADDR === undefined)
    return SECRETS_STORE === 'vault' ? [['VAULT_ADDR', 'is needed together with SECRETS_STORE=vault']] : [];
  const logins = [VAULT_TOKEN, VAULT_ROLE_ID, VAULT_KUBERNETES_ROLE].filter((it) => it !== undefined);
  if (logins.length !== 1)
    return [
      [
        'VAULT_ADDR',
        'needs one login beside it: VAULT_TOKEN, VAULT_ROLE_ID and VAULT_SECRET_ID, or VAULT_KUBERNETES_ROLE',
      ],
    ];
  return VAULT_ROLE_ID !== undefined && VAULT_SECRET_ID === undefined
    ? [['VAULT_SECRET_ID', 'is needed together with VAULT_ROLE_ID']]
    : [];
}

/**
 * The settings that these variables make; undefined where they name no vault.
 * @throws Error when VAULT_CACERT can't be read
 */
export function vaultSettingsOf(values: VaultValues): VaultSettings | undefined {
  const { VAULT_ADDR, VAULT_NAMESPACE, VAULT_CACERT, VAULT_MOUNT, VAULT_PATH } = values;
  if (VAULT_ADDR === undefined) return undefined;
  return {
    address: VAULT_ADDR.replace(/\/+$/, ''),
    namespace: VAULT_NAMESPACE,
    ca: VAULT_CACERT === undefined ? undefined : readFileSync(VAULT_CACERT, 'utf8'),
    mount: VAULT_MOUNT,
    path: VAULT_PATH,
    login: loginOf(values),
  };
}

function loginOf(values: VaultValues): VaultLogin {
  const { VAULT_TOKEN, VAULT_ROLE_ID, VAULT_SECRET_ID, VAULT_KUBERNETES_ROLE, VAULT_KUBERNETES_TOKEN_PATH } = values;
  const { VAULT_AUTH_MOUNT } = values;
  if (VAULT_ROLE_ID !== undefined)
    return {
      method: 'approle',
      mount: VAULT_AUTH_MOUNT ?? 'approle',
      roleId: VAULT_ROLE_ID,
      secretId: VAULT_SECRET_ID ?? '',
    };
  if (VAULT_KUBERNETES_ROLE !== undefined)
    return {
      method: 'kubernetes',
      mount: VAULT_AUTH_MOUNT ?? 'kubernetes',
      role: VAULT_KUBERNETES_ROLE,
      tokenPath: VAULT_KUBERNETES_TOKEN_PATH,
    };
  return { method: 'token', token: VAULT_TOKEN ?? '' };
}
