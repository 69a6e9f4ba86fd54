import { CodedError } from '../errors';

/**
 * - `vault-unavailable`: away, sealed, on standby or overloaded; it helps to try again later.
 * - `vault-login`: it refuses the login, or the token that was given.
 * - `vault-forbidden`: the login is good, and no policy allows the call; the message names what is missing.
 * - `vault-certificate`: its TLS certificate is not trusted.
 * - `vault-other`: it answers well, and is not that which has our secrets.
 * - `vault-unexpected`: it answers what a KV engine of version 2 does not.
 */
export type VaultErrorCode =
  | 'vault-unavailable'
  | 'vault-login'
  | 'vault-forbidden'
  | 'vault-certificate'
  | 'vault-other'
  | 'vault-unexpected';

/** A failed call of the vault. Its message never has a secret or a token in it. */
export class VaultError extends CodedError<VaultErrorCode> {
  override readonly name = 'VaultError';
}
