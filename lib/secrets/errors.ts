import { CodedError } from '../errors';

/**
 * - `secret-key-invalid`: a key of the environment is not base64 of 32 bytes.
 * - `secret-key-unknown`: a secret is wrapped by a key the environment doesn't have; the message names the key's id.
 * - `secret-ref-invalid`, `secret-not-found`: a reference that isn't one, or points at nothing.
 * - `secret-ref-foreign`: a reference to another tenant's, backend's or name's secret than the one it is followed for.
 * - `secret-store-unset`: it lies in a vault, and this process was told of none.
 * - `secret-unreadable`: the envelope doesn't open: altered, truncated, or moved from another row.
 */
export type SecretErrorCode =
  | 'secret-key-invalid'
  | 'secret-key-unknown'
  | 'secret-ref-invalid'
  | 'secret-ref-foreign'
  | 'secret-not-found'
  | 'secret-store-unset'
  | 'secret-unreadable';

export class SecretError extends CodedError<SecretErrorCode> {
  override readonly name = 'SecretError';
}

/** Of a secret that was stored in the vault, and that the vault does not have: never a reason to make another one. */
export const lostFault = (vaultRef: string | null): SecretError =>
  new SecretError(
    'secret-not-found',
    `The secret ${vaultRef ?? ''} is not in the vault any more: restore the vault's backup, or check VAULT_ADDR and VAULT_NAMESPACE. Nothing was made in its place.`,
  );
