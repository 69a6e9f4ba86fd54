import { httpUrl, secret, text } from './kinds';

const path = (form: string) => text(form, (value) => /^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/.test(value));

/**
 * How a process reaches a vault, and how it logs in there; the names are those of Vault's own clients, where these have
 * one.
 */
export const VAULT_VARIABLES = {
  VAULT_ADDR: httpUrl().optional().describe('the vault: OpenBao, or HashiCorp Vault; unset: there is none'),
  VAULT_NAMESPACE: text('the name of a namespace').optional().describe('its namespace, where it has several'),
  VAULT_CACERT: text('the path of a file')
    .optional()
    .describe('certificates of the authority that has signed its own, as PEM; unset: those that Node trusts'),
  VAULT_MOUNT: path('the path of a KV engine of version 2')
    .default('secret')
    .describe('where its KV engine (version 2) is mounted'),
  VAULT_PATH: path('a path')
    .default('freeflow')
    .describe('below which path there the secrets of tenants are; can not be changed while there are any'),
  VAULT_TOKEN: secret(text('a token').optional(), 'a token of the vault; it is renewed while the process runs'),
  VAULT_ROLE_ID: text('the id of a role').optional().describe('the role by which to log in by AppRole'),
  VAULT_SECRET_ID: secret(text('a secret id').optional(), 'the secret id of VAULT_ROLE_ID'),
  VAULT_KUBERNETES_ROLE: text('the name of a role')
    .optional()
    .describe("the role by which to log in by the pod's service account"),
  VAULT_KUBERNETES_TOKEN_PATH: text('the path of a file')
    .default('/var/run/secrets/kubernetes.io/serviceaccount/token')
    .describe('where the token of that service account is; read anew at each login'),
  VAULT_AUTH_MOUNT: path('the path of a method to log in')
    .optional()
    .describe('where that method is mounted; unset: `approle`, `kubernetes`'),
};
