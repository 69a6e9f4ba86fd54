import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readSigningKey, signFolder } from './sign';

let folder: string;
const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
/** As docs/releasing.md has it. */
const VERIFY = 'pkeyutl -verify -pubin -inkey release-key.pub -rawin -in SHA256SUMS -sigfile SHA256SUMS.sig'.split(' ');
const isSigned = () => spawnSync('openssl', VERIFY, { cwd: folder }).status === 0;
const isWhole = () => spawnSync('sha256sum', ['-c', '--quiet', 'SHA256SUMS'], { cwd: folder }).status === 0;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'freeflow-release-'));
  writeFileSync(path.join(folder, 'sbom.cdx.json'), '{}');
  writeFileSync(path.join(folder, 'image.tar'), 'an image');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('what is signed is verified by openssl and sha256sum, and nothing that was changed since', () => {
  signFolder(folder, readSigningKey({ RELEASE_SIGNING_KEY: pem }));
  expect([isSigned(), isWhole()]).toEqual([true, true]);
  appendFileSync(path.join(folder, 'sbom.cdx.json'), ' ');
  expect([isSigned(), isWhole()]).toEqual([true, false]);
  appendFileSync(path.join(folder, 'SHA256SUMS'), '\n');
  expect(isSigned()).toBe(false);
});

test('the key comes from a file as well, and is neither missing, nor of another kind, nor quoted', () => {
  const file = path.join(folder, 'key.pem');
  writeFileSync(file, pem);
  expect(readSigningKey({ RELEASE_SIGNING_KEY_FILE: file }).asymmetricKeyType).toBe('ed25519');
  expect(() => readSigningKey({})).toThrow('RELEASE_SIGNING_KEY');
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
  expect(() => readSigningKey({ RELEASE_SIGNING_KEY: String(other) })).toThrow('Ed25519');
  expect(() => readSigningKey({ RELEASE_SIGNING_KEY: 'hunter22' })).toThrow(/^The signing key is not one of Ed25519/);
});
