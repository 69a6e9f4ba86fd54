import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import { open, seal } from './box';
import { SecretError } from './errors';
import type { SecretKey, SecretKeys } from './keys';

/*
 * A secret that one process stores and another one reads: the API seals by the public half of a key of the worker's,
 * and can't open what it has sealed.
 *
 *   private half = X25519, from HKDF-SHA256 of a key of the environment
 *   sealed       = public half of a key made for this one secret (32 bytes) + box (box.ts)
 *   key of box   = HKDF-SHA256 of what both halves agree on (RFC 7748), salted by both public halves
 *   additional   = what the secret belongs to
 */

/** The public half of a worker's key, and the id of that key. */
export interface SealingKey {
  readonly id: string;
  readonly publicKey: Uint8Array<ArrayBuffer>;
}

const KEY_BYTES = 32;
/** The DER of a private key of X25519 up to its 32 bytes: https://www.rfc-editor.org/rfc/rfc8410#section-7 */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');
const DERIVED = 'freeflow sealing key v1';
const AGREED = 'freeflow sealed box v1';

/** What others need to seal by this key. */
export const sealingKeyOf = (key: SecretKey): SealingKey => ({
  id: key.id,
  publicKey: rawOf(createPublicKey(privateHalf(key))),
});

/** @param owner what the secret belongs to: it opens for that alone */
export function sealFor({ publicKey }: SealingKey, value: string, owner: string): Uint8Array<ArrayBuffer> {
  const own = generateKeyPairSync('x25519');
  const ownPublic = rawOf(own.publicKey);
  const shared = diffieHellman({ privateKey: own.privateKey, publicKey: publicHalf(publicKey) });
  const box = seal(Buffer.from(value, 'utf8'), boxKey(shared, ownPublic, publicKey), Buffer.from(owner, 'utf8'));
  return Buffer.concat([ownPublic, box]);
}

/** @throws SecretError `secret-key-unknown` | `secret-unreadable` */
export function openSealed(keys: SecretKeys, keyId: string, sealed: Uint8Array, owner: string): string {
  const key = keys.byId.get(keyId);
  if (key === undefined)
    throw new SecretError(
      'secret-key-unknown',
      `The secret of ${owner} is sealed by key ${keyId}, which is neither in SECRETS_KEY nor in SECRETS_OLD_KEYS.`,
    );
  try {
    const privateKey = privateHalf(key);
    const theirs = sealed.subarray(0, KEY_BYTES);
    const shared = diffieHellman({ privateKey, publicKey: publicHalf(theirs) });
    const opener = boxKey(shared, theirs, rawOf(createPublicKey(privateKey)));
    return open(sealed.subarray(KEY_BYTES), opener, Buffer.from(owner, 'utf8')).toString('utf8');
  } catch (cause) {
    throw new SecretError(
      'secret-unreadable',
      `The secret of ${owner} does not open with key ${keyId}: its row was altered or moved.`,
      { cause },
    );
  }
}

const privateHalf = ({ key }: SecretKey): KeyObject =>
  createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, Buffer.from(hkdfSync('sha256', key, '', DERIVED, KEY_BYTES))]),
    format: 'der',
    type: 'pkcs8',
  });

const publicHalf = (raw: Uint8Array): KeyObject =>
  createPublicKey({
    key: { kty: 'OKP', crv: 'X25519', x: Buffer.from(raw).toString('base64url') },
    format: 'jwk',
  });

const rawOf = (key: KeyObject): Uint8Array<ArrayBuffer> =>
  Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');

const boxKey = (shared: Buffer, theirs: Uint8Array, recipient: Uint8Array): KeyObject =>
  createSecretKey(Buffer.from(hkdfSync('sha256', shared, Buffer.concat([theirs, recipient]), AGREED, KEY_BYTES)));
