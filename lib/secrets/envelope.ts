import { createSecretKey, randomBytes } from 'node:crypto';
import { open, seal } from './box';
import { SecretError } from './errors';
import type { SecretKeys } from './keys';

/*
 * The format of a stored secret:
 *
 *   wrappedKey = packed box of a random 32-byte data key, under the environment's key `keyId`
 *   ciphertext = packed box of the secret (UTF-8), under that data key
 *   packed box = IV (12 bytes, fresh) + GCM tag (16 bytes) + AES-256-GCM ciphertext
 *   additional data of both = `{tenantId}|{backend}|{name}|{version}`
 *
 * A row copied to another tenant, backend, name or version therefore doesn't open. The environment's key can be
 * changed by wrapping the data keys anew, without touching the secrets.
 */

/** What a secret belongs to. Bound to the envelope as additional data. */
export interface SecretIdentity {
  readonly tenantId: string;
  readonly backend: string;
  readonly name: string;
  readonly version: number;
}

/** The columns that hold an envelope. */
export interface SecretEnvelope {
  readonly keyId: string;
  readonly wrappedKey: Uint8Array<ArrayBuffer>;
  readonly ciphertext: Uint8Array<ArrayBuffer>;
}

const DATA_KEY_BYTES = 32;

/** Encrypts a secret for the row it is going to be stored in. */
export function sealSecret(identity: SecretIdentity, value: string, keys: SecretKeys): SecretEnvelope {
  const dataKey = randomBytes(DATA_KEY_BYTES);
  const bound = additionalData(identity);
  return {
    keyId: keys.current.id,
    wrappedKey: seal(dataKey, keys.current.key, bound),
    ciphertext: seal(Buffer.from(value, 'utf8'), createSecretKey(dataKey), bound),
  };
}

/**
 * Decrypts the secret of a row.
 * @throws SecretError `secret-key-unknown` when the environment lacks the key, `secret-unreadable` when the envelope
 * doesn't open
 */
export function openSecret(identity: SecretIdentity, envelope: SecretEnvelope, keys: SecretKeys): string {
  const key = keys.byId.get(envelope.keyId);
  if (!key) {
    throw new SecretError(
      'secret-key-unknown',
      `The secret ${describe(identity)} is wrapped by key ${envelope.keyId}, which is neither in SECRETS_KEY nor in SECRETS_OLD_KEYS.`,
    );
  }
  const bound = additionalData(identity);
  try {
    const dataKey = createSecretKey(open(envelope.wrappedKey, key.key, bound));
    return open(envelope.ciphertext, dataKey, bound).toString('utf8');
  } catch (cause) {
    throw new SecretError(
      'secret-unreadable',
      `The secret ${describe(identity)} does not open with key ${envelope.keyId}: its row was altered or moved.`,
      { cause },
    );
  }
}

// The name is the only part of free form and the others can't hold a bar, so two identities never give the same bytes.
function additionalData({ tenantId, backend, name, version }: SecretIdentity): Buffer {
  return Buffer.from(`${tenantId.toLowerCase()}|${backend}|${name}|${version}`, 'utf8');
}

function describe({ tenantId, backend, name, version }: SecretIdentity): string {
  return `${backend}/${name} version ${version} of tenant ${tenantId}`;
}
