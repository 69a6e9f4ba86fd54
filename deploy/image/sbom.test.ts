import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { bundledPackages } from './packages';
import { writeSbom, type ImageParts } from './sbom';

const parts: ImageParts = {
  version: '0.2.0',
  packages: bundledPackages(),
  debian: [{ name: 'libstdc++6', version: '12.2.0-14+deb12u1', architecture: 'amd64' }],
  node: process.versions,
};
const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'freeflow-sbom-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string): string {
  const file = path.join(folder, name);
  writeSbom(file, parts);
  return readFileSync(file, 'utf8');
}

test('it holds to the schema of CycloneDX, and would not with a key that this has not', async () => {
  const text = write('sbom.json');
  expect(await validator.validate(text)).toBeNull();
  expect(await validator.validate(text.replace('"bomFormat"', '"bomForm"'))).not.toBeNull();
});

test('the same parts make the same file', () => {
  expect(write('one.json')).toBe(write('other.json'));
});

test('each part is in it by its package URL and licence', () => {
  const { components } = JSON.parse(write('sbom.json')) as { components: { purl: string; licenses?: unknown[] }[] };
  expect(components).toHaveLength(parts.packages.length + 2);
  expect(components.filter(({ licenses = [] }) => licenses.length === 0)).toEqual([]);
  expect(components.map(({ purl }) => purl)).toEqual(
    expect.arrayContaining([
      `pkg:generic/node@${process.versions.node}`,
      'pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bdeb12u1?arch=amd64',
      expect.stringMatching(/^pkg:npm\/%40temporalio\/core-bridge@1\./),
    ]),
  );
});
