import type { VaultSettings } from './settings';

type Place = Pick<VaultSettings, 'mount' | 'path'>;

/**
 * What the worker may do: write secrets, read them back, destroy them with all that is known of them, and list what is
 * there of one tenant; not which tenants there are. `update` changes none: without it the vault refuses a write that
 * finds one there before it looks at check-and-set.
 */
export const workerPolicy = ({ mount, path }: Place): string => `path "${mount}/data/${path}/*" {
  capabilities = ["create", "update", "read"]
}
path "${mount}/metadata/${path}/+/*" {
  capabilities = ["read", "delete", "list"]
}
`;

/** What `freeflow tenants connect` and applications may do: read. */
export const readerPolicy = ({ mount, path }: Place): string => `path "${mount}/data/${path}/*" {
  capabilities = ["read"]
}
`;
