import { createReadStream, createWriteStream, mkdirSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';

interface Entry {
  name: string;
  deflated: boolean;
  mode: number;
  compressedSize: number;
  offset: number;
}

const END_OF_DIRECTORY = 0x06054b50;
const END_SIZE = 22;
const LONGEST_COMMENT = 65_535;
const LOCAL_HEADER_SIZE = 30;
const DEFLATED = 8;

/**
 * Unpacks a zip file (wheels are zip files too) with the permissions it carries, by Node's own zlib, so nothing need be installed.
 * Zip64 and encryption are not supported: no pinned package uses them.
 */
export async function unzip(file: string, into: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    for (const entry of await readDirectory(handle)) await extract(handle, file, entry, into);
  } finally {
    await handle.close();
  }
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await handle.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

async function readDirectory(handle: FileHandle): Promise<Entry[]> {
  const { size } = await handle.stat();
  const tail = await readAt(handle, Math.max(0, size - END_SIZE - LONGEST_COMMENT), END_SIZE + LONGEST_COMMENT);
  let end = tail.length - END_SIZE;
  while (end >= 0 && tail.readUInt32LE(end) !== END_OF_DIRECTORY) end--;
  if (end < 0) throw new Error('not a zip file: it has no end record');
  const directory = await readAt(handle, tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12));
  return entriesOf(directory, tail.readUInt16LE(end + 10));
}

function entriesOf(directory: Buffer, count: number): Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; entries.length < count;) {
    const nameLength = directory.readUInt16LE(at + 28);
    entries.push({
      deflated: directory.readUInt16LE(at + 10) === DEFLATED,
      compressedSize: directory.readUInt32LE(at + 20),
      mode: (directory.readUInt32LE(at + 38) >>> 16) & 0o777,
      offset: directory.readUInt32LE(at + 42),
      name: directory.toString('utf8', at + 46, at + 46 + nameLength),
    });
    at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

async function extract(handle: FileHandle, file: string, entry: Entry, into: string): Promise<void> {
  const target = resolve(into, entry.name);
  if (!target.startsWith(resolve(into) + sep))
    throw new Error(`the archive wants to write outside its folder: ${entry.name}`);
  if (entry.name.endsWith('/')) {
    mkdirSync(target, { recursive: true });
    return;
  }
  mkdirSync(dirname(target), { recursive: true });
  const local = await readAt(handle, entry.offset, LOCAL_HEADER_SIZE);
  const start = entry.offset + LOCAL_HEADER_SIZE + local.readUInt16LE(26) + local.readUInt16LE(28);
  const output = createWriteStream(target, { mode: entry.mode === 0 ? 0o644 : entry.mode });
  if (entry.compressedSize === 0) {
    output.end();
    return;
  }
  const input = createReadStream(file, { start, end: start + entry.compressedSize - 1 });
  await pipeline(input, entry.deflated ? createInflateRaw() : new PassThrough(), output);
}
