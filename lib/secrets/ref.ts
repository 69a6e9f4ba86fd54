import { BACKEND_KINDS } from '@freeflow/contract';
import type { SecretIdentity } from './envelope';
import { SecretError } from './errors';

/** Where a secret of the master database is: the row and its version. */
export interface SecretLocation {
  readonly id: string;
  readonly version: number;
}

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const DB_REF = new RegExp(`^db://(${UUID})\\?v=([1-9][0-9]{0,8})$`);
const VAULT_REF = new RegExp(`^vault://(.+)/(${UUID})/(${BACKEND_KINDS.join('|')})/([^/?#]+)\\?v=([1-9][0-9]{0,8})$`);

/** What a reference says: a row, or where in a vault it is and, by its path, whose. */
export type ParsedRef =
  | (SecretLocation & { readonly store: 'db' })
  | (SecretIdentity & { readonly store: 'vault'; readonly below: string });

/** The reference under which a secret of the master database is known outside: `db://{id}?v={version}`. */
export function formatSecretRef({ id, version }: SecretLocation): string {
  return `db://${id}?v=${version}`;
}

/** The same of one in a vault: `vault://{mount}/{path}/{tenantId}/{backend}/{name}?v={version}`. */
export function formatVaultRef(below: string, { tenantId, backend, name, version }: SecretIdentity): string {
  return `vault://${below}/${tenantId.toLowerCase()}/${backend}/${encodeURIComponent(name)}?v=${version}`;
}

/** @throws SecretError `secret-ref-invalid` */
export function parseSecretRef(ref: string): ParsedRef {
  const [, id, version] = DB_REF.exec(ref) ?? [];
  if (id !== undefined) return { store: 'db', id, version: Number(version) };
  const [, below, tenantId, backend, name, at] = VAULT_REF.exec(ref) ?? [];
  if (below !== undefined && tenantId !== undefined && backend !== undefined && name !== undefined)
    return { store: 'vault', below, tenantId, backend, name: decode(name), version: Number(at) };
  throw invalid();
}

const invalid = (cause?: unknown): SecretError =>
  new SecretError(
    'secret-ref-invalid',
    'A secret reference has the form db://{id}?v={version} or vault://{mount}/{path}/{tenant}/{backend}/{name}?v={version}; this one does not.',
    { cause },
  );

function decode(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch (cause) {
    throw invalid(cause);
  }
}
