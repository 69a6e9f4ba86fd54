import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ReleaseError } from './errors';

const SUMS = 'SHA256SUMS';

/**
 * Reads the key that a release is signed by: Ed25519, as PEM, from RELEASE_SIGNING_KEY or the file that
 * RELEASE_SIGNING_KEY_FILE names.
 * @throws ReleaseError where there is none, or it is of another kind
 */
export function readSigningKey({
  RELEASE_SIGNING_KEY: pem,
  RELEASE_SIGNING_KEY_FILE: file,
}: NodeJS.ProcessEnv): KeyObject {
  if (!pem && !file)
    throw new ReleaseError(
      'RELEASE_SIGNING_KEY or RELEASE_SIGNING_KEY_FILE is needed: openssl genpkey -algorithm ed25519',
    );
  const key = parseKey(pem || readFileSync(String(file), 'utf8'));
  if (key?.asymmetricKeyType !== 'ed25519') throw new ReleaseError('The signing key is not one of Ed25519, as PEM.');
  return key;
}

/** Node's own error would quote what it could not read. */
function parseKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

/**
 * Writes the checksums of all files of a folder (SHA256SUMS), the signature over them and the public key. One signature
 * vouches for all of them: `openssl pkeyutl -verify`, then `sha256sum -c`.
 */
export function signFolder(folder: string, key: KeyObject): void {
  const files = readdirSync(folder)
    .filter((it) => !it.startsWith(SUMS) && it !== 'release-key.pub')
    .sort();
  const sums = Buffer.from(files.map((it) => `${sha256(path.join(folder, it))}  ${it}\n`).join(''));
  writeFileSync(path.join(folder, SUMS), sums);
  writeFileSync(path.join(folder, `${SUMS}.sig`), sign(null, sums, key));
  writeFileSync(path.join(folder, 'release-key.pub'), createPublicKey(key).export({ type: 'spki', format: 'pem' }));
}

const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');
