import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Entry, openPromise, type ZipFile } from 'yauzl';

/**
 * Unpacks a zip file (a wheel is one too) with the permissions it carries.
 * @throws Error when the file is no complete archive, or names a path outside of `into`
 */
export async function unzip(file: string, into: string): Promise<void> {
  const archive = await openPromise(file, { lazyEntries: true });
  try {
    for await (const entry of archive.eachEntry()) await extract(archive, entry, into);
  } finally {
    archive.close();
  }
}

/** The archive's reader refuses names that would lead outside of the folder. */
async function extract(archive: ZipFile, entry: Entry, into: string): Promise<void> {
  const target = join(into, entry.fileName);
  if (entry.fileName.endsWith('/')) {
    mkdirSync(target, { recursive: true });
    return;
  }
  mkdirSync(dirname(target), { recursive: true });
  const content = await archive.openReadStreamPromise(entry);
  await pipeline(content, createWriteStream(target, { mode: modeOf(entry) }));
}

/** Unix permissions are in the upper half of the attributes; archives made elsewhere have none. */
function modeOf({ externalFileAttributes }: Entry): number {
  const mode = (externalFileAttributes >>> 16) & 0o777;
  return mode === 0 ? 0o644 : mode;
}
