import { createCipheriv, createDecipheriv, randomBytes, type KeyObject } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Packs a text into a box: IV (fresh) + GCM tag + ciphertext. It opens with the same additional data alone. */
export function seal(plain: Buffer, key: KeyObject, bound: Buffer): Uint8Array<ArrayBuffer> {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES }).setAAD(bound);
  const encrypted = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), encrypted]);
}

/** @throws Error where the key, the box or the additional data is another one */
export function open(packed: Uint8Array, key: KeyObject, bound: Buffer): Buffer {
  // Both lengths are stated: Node may otherwise accept a tag of 4 bytes (deprecated since 23, DEP0182), which can be
  // guessed.
  if (packed.length < IV_BYTES + TAG_BYTES) throw new RangeError('The packed box is too short.');
  const decipher = createDecipheriv(ALGORITHM, key, packed.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(bound).setAuthTag(packed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  return Buffer.concat([decipher.update(packed.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
}
