import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { PinnedPackage } from './packages';

/**
 * Checks a downloaded file against the pinned package.
 * @throws Error when it is not the very file that was pinned
 */
export async function checkChecksum(file: string, { name, version, sha256 }: PinnedPackage): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  const found = hash.digest('hex');
  if (sha256.includes(found)) return;
  throw new Error(
    `Refused the download of ${name} ${version}: ${basename(file)} has SHA-256 ${found}, expected ${sha256.join(' or ')}. Nothing was unpacked. Check the mirror that your package client uses.`,
  );
}
