import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from '../../stack/project';
import { PACKAGES, packageVersion, prepareRelease } from './prepare';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'freeflow-prepare-'));
  for (const it of PACKAGES) {
    mkdirSync(path.join(folder, it), { recursive: true });
    cpSync(path.join(projectRoot(), it, 'package.json'), path.join(folder, it, 'package.json'));
  }
  writeFileSync(path.join(folder, 'CHANGELOG.md'), '# Changelog\n\n## Unreleased\n\n- Something.\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

const versions = () =>
  PACKAGES.map(
    (it) => (JSON.parse(readFileSync(path.join(folder, it, 'package.json'), 'utf8')) as { version: string }).version,
  );

test('all packages and the changelog get the version', () => {
  prepareRelease('9.1.0', '2026-12-01', folder);
  expect(versions()).toEqual(PACKAGES.map(() => '9.1.0'));
  expect(readFileSync(path.join(folder, 'CHANGELOG.md'), 'utf8')).toContain('## 9.1.0 - 2026-12-01\n');
});

test('no older version, and none that is not one, changes anything', () => {
  const before = versions();
  for (const it of ['0.0.9', 'v9.1.0', '9.1'])
    expect(() => prepareRelease(it, '2026-12-01', folder)).toThrow('no version after');
  expect(versions()).toEqual(before);
});

test('all packages of the repository have the same version', () => {
  const workspace = readFileSync(path.join(projectRoot(), 'pnpm-workspace.yaml'), 'utf8');
  expect(PACKAGES).toEqual(['.', ...(parse(workspace) as { packages: string[] }).packages]);
  expect(versions()).toEqual(PACKAGES.map(() => packageVersion()));
});
