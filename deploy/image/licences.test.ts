import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../stack/project';
import { licencesPage } from '../../test/support/licences-page';
import { ALLOWED_LICENCES, isAllowedLicence } from './licences';
import { bundledPackages } from './packages';

const packages = bundledPackages();

test('all that is in the image is under a licence that allows it', () => {
  expect(packages.length).toBeGreaterThan(100);
  const others = packages.filter(({ licence }) => !isAllowedLicence(licence));
  expect(others.map(({ name, version, licence }) => `${name} ${version}: ${licence}`)).toEqual([]);
});

test('the bundles, the threads of workflows and the workflows themselves are looked into', () => {
  const names = packages.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining([
      'fastify',
      'commander',
      '@prisma/schema-engine-wasm',
      '@temporalio/core-bridge',
      'nexus-rpc',
    ]),
  );
  expect(names).not.toContain('webpack');
});

test.each([
  ['MIT', true],
  ['(MIT OR GPL-3.0-only)', true],
  ['MIT AND GPL-3.0-only', false],
  ['AGPL-3.0-only', false],
  ['SEE LICENSE IN LICENSE.md', false],
  [undefined, false],
])('a package under %s may be in the image: %s', (licence, isAllowed) => {
  expect(isAllowedLicence(licence)).toBe(isAllowed);
});

test('each licence that is allowed is needed, so that none is by mistake', () => {
  const needed = packages.map(({ licence = '' }) => licence).join(' ');
  expect(ALLOWED_LICENCES.filter((it) => !needed.includes(it))).toEqual([]);
});

test('the page of the licences has all packages', () => {
  const file = path.join(projectRoot(), 'docs/reports/licences.md');
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(file, licencesPage(packages));
  expect(readFileSync(file, 'utf8')).toBe(licencesPage(packages));
});
