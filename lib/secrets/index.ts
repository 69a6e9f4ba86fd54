// Secrets at rest: keys, envelopes and references.
export { SecretError, type SecretErrorCode } from './errors';
export { openSecret, sealSecret, type SecretEnvelope, type SecretIdentity } from './envelope';
export { readSecretKeys, type SecretKey, type SecretKeys } from './keys';
export { formatSecretRef, parseSecretRef, type SecretLocation } from './ref';
export { openSealed, sealFor, sealingKeyOf, type SealingKey } from './sealed-box';
export { isSigningKey, SIGNING_KEY_BYTES } from './signing-key';
export {
  createSecretStore,
  type ExpectedOwner,
  type SecretDatabase,
  type SecretEntry,
  type SecretOwner,
  type SecretStore,
  type StoredSecret,
} from './secret-store';
