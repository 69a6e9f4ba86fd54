import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Zippable, zipSync } from 'fflate';
import { checkChecksum } from './checksum';
import { unzip } from './unzip';

const UNIX = 3;
const PROGRAM = randomBytes(200_000);
const ARCHIVE: Zippable = {
  'bin/server': [PROGRAM, { os: UNIX, attrs: 0o755 << 16 }],
  'lib/stored.txt': [new TextEncoder().encode('as it is'), { level: 0, os: UNIX, attrs: 0o640 << 16 }],
  'lib/deflated.txt': new TextEncoder().encode('again and '.repeat(5_000)),
  'empty/': new Uint8Array(),
  'lib/empty.txt': new Uint8Array(),
};

let folder: string;
let archive: string;
let into: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'freeflow-unzip-'));
  [archive, into] = [join(folder, 'archive.whl'), join(folder, 'into')];
  mkdirSync(into);
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const write = (entries: Zippable): void => {
  writeFileSync(archive, zipSync(entries));
};
const content = (name: string) => readFileSync(join(into, name));
const mode = (name: string) => statSync(join(into, name)).mode & 0o777;

test('gives every file its content, stored or deflated, and its permissions', async () => {
  write(ARCHIVE);
  await unzip(archive, into);
  expect(content('bin/server').equals(PROGRAM)).toBe(true);
  expect(content('lib/stored.txt').toString()).toBe('as it is');
  expect(content('lib/deflated.txt').toString()).toBe('again and '.repeat(5_000));
  expect(content('lib/empty.txt')).toHaveLength(0);
  expect(statSync(join(into, 'empty')).isDirectory()).toBe(true);
  expect([mode('bin/server'), mode('lib/stored.txt'), mode('lib/deflated.txt')]).toEqual(
    [0o755, 0o640, 0o644].map((it) => it & ~process.umask()),
  );
});

test.each(['../outside.txt', 'lib/../../outside.txt', '/tmp/freeflow-outside.txt'])(
  'refuses to write %s, outside its folder',
  async (name) => {
    write({ [name]: new TextEncoder().encode('x') });
    await expect(unzip(archive, into)).rejects.toThrow(/^(invalid relative|absolute) path: /);
    expect(existsSync(resolve(into, name))).toBe(false);
  },
);

test('a file that is no archive, or was cut short, is refused', async () => {
  writeFileSync(archive, 'This is a page of a proxy that asks for a login.');
  await expect(unzip(archive, into)).rejects.toThrow(/not a zip file/);
  write(ARCHIVE);
  writeFileSync(archive, readFileSync(archive).subarray(0, 100_000));
  await expect(unzip(archive, into)).rejects.toThrow(/not a zip file/);
});

test('a download passes with its own checksum, one changed bit is refused', async () => {
  write(ARCHIVE);
  const bytes = readFileSync(archive);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const pinned = { name: 'some-server', version: '1.2.3', sha256: ['0'.repeat(64), sha256], program: 'bin/server' };
  await checkChecksum(archive, pinned);
  bytes.writeUInt8(bytes.readUInt8(1_000) ^ 1, 1_000);
  writeFileSync(archive, bytes);
  await expect(checkChecksum(archive, pinned)).rejects.toThrow(
    /^Refused the download of some-server 1\.2\.3: archive\.whl has SHA-256 [0-9a-f]{64}, expected .*Nothing was unpacked/,
  );
});
