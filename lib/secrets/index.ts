// Secrets at rest: keys, envelopes and references.
export { SecretError, type SecretErrorCode } from './errors';
export { openSecret, sealSecret, type SecretEnvelope, type SecretIdentity } from './envelope';
export { readSecretKeys, type SecretKey, type SecretKeys } from './keys';
export { secretMover } from './move-secret';
export { openSealed, sealFor, sealingKeyOf, type SealingKey } from './sealed-box';
export { findOtherSealers, type SealingProcess } from './sealing-processes';
export { isSigningKey, SIGNING_KEY_BYTES } from './signing-key';
export {
  createSecretStore,
  type ExpectedOwner,
  type SecretEntry,
  type SecretOwner,
  type SecretPlaces,
  type SecretStore,
  type StoredSecret,
} from './secret-store';
export { type SecretDatabase } from './secret-rows';
export { VaultLeftovers, type Leftover } from './vault-leftovers';
export { VaultMark } from './vault-mark';
export { type SecretVault } from './vault-secrets';
