import { createHash, createSecretKey, type KeyObject } from 'node:crypto';
import { SecretError } from './errors';

/** A key that wraps data keys. A KeyObject never shows its bytes when it is printed or serialised. */
export interface SecretKey {
  /** The first 16 hex digits of the SHA-256 of the key: distinguishes keys, reveals nothing. */
  readonly id: string;
  readonly key: KeyObject;
}

/**
 * The keys of the environment: new secrets are wrapped by `current`, stored ones are opened by the key that wrapped
 * them.
 */
export interface SecretKeys {
  readonly current: SecretKey;
  readonly byId: ReadonlyMap<string, SecretKey>;
}

const KEY_BYTES = 32;
const KEY_PATTERN = /^[A-Za-z0-9+/]{43}=$/;

/**
 * Reads the environment's keys.
 * @param current `SECRETS_KEY`: base64 of 32 bytes
 * @param old `SECRETS_OLD_KEYS`: comma-separated keys that may still have wrapped stored secrets
 * @throws SecretError `secret-key-invalid`, naming every unusable variable and never its value
 */
export function readSecretKeys(current: string, old = ''): SecretKeys {
  const oldTexts = old
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '');
  const named = [
    { variable: 'SECRETS_KEY', text: current.trim() },
    ...oldTexts.map((text, index) => ({ variable: `SECRETS_OLD_KEYS (entry ${index + 1})`, text })),
  ];
  const wrong = named.filter(({ text }) => !isSecretKey(text)).map(({ variable }) => variable);
  if (wrong.length > 0) {
    throw new SecretError('secret-key-invalid', `${wrong.join(', ')} must be base64 of exactly ${KEY_BYTES} bytes.`);
  }
  const currentKey = toKey(current.trim());
  const keys = [...oldTexts.map(toKey), currentKey];
  return { current: currentKey, byId: new Map(keys.map((key) => [key.id, key])) };
}

/** Whether a text is a key, blanks around it aside. */
export function isSecretKey(text: string): boolean {
  return KEY_PATTERN.test(text.trim()) && Buffer.from(text, 'base64').length === KEY_BYTES;
}

function toKey(text: string): SecretKey {
  const bytes = Buffer.from(text, 'base64');
  return { id: createHash('sha256').update(bytes).digest('hex').slice(0, 16), key: createSecretKey(bytes) };
}
