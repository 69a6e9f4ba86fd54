import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildVersion as versionOf } from '../../scripts/build-version.cjs';
import { buildVersion } from './index';

let folder: string;
const git = (...args: string[]) =>
  execFileSync('git', ['-C', folder, '-c', 'user.name=a', '-c', 'user.email=a@b.example', ...args], {
    encoding: 'utf8',
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
  }).trim();
const commit = () => git('commit', '-q', '--no-verify', '--allow-empty', '-m', 'a');
const hash = () => git('rev-parse', '--short=10', 'HEAD');

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'freeflow-version-'));
  writeFileSync(path.join(folder, 'package.json'), '{"version":"0.1.0"}');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a program that is no bundle has no version of a build', () => {
  expect(buildVersion()).toBe('0.0.0-unbundled');
});

test('without a repository the version is that of the package', () => {
  expect(versionOf({}, folder)).toBe('0.1.0');
});

test('a repository around the folder is none of ours', () => {
  git('init', '-q');
  git('add', '.');
  commit();
  const inner = path.join(folder, 'unpacked');
  mkdirSync(inner);
  writeFileSync(path.join(inner, 'package.json'), '{"version":"0.3.0"}');
  expect(versionOf({}, inner)).toBe('0.3.0');
});

test('the commit is in it until there is a tag, then the tag, and the commits since', () => {
  git('init', '-q');
  expect(versionOf({}, folder)).toBe('0.1.0');
  git('add', '.');
  commit();
  git('tag', 'nightly');
  expect(versionOf({}, folder)).toBe(`0.1.0-g${hash()}`);
  git('tag', '-a', 'v0.2.0', '-m', 'a');
  expect(versionOf({}, folder)).toBe('0.2.0');
  commit();
  expect(versionOf({}, folder)).toBe(`0.2.0-1-g${hash()}`);
  writeFileSync(path.join(folder, 'package.json'), '{"version":"0.1.1"}');
  expect(versionOf({}, folder)).toBe(`0.2.0-1-g${hash()}-dirty`);
});

test('the environment decides, and names nothing that no image could be tagged by', () => {
  expect(versionOf({ FREEFLOW_BUILD_VERSION: '1.2.3-rc.1' }, folder)).toBe('1.2.3-rc.1');
  expect(() => versionOf({ FREEFLOW_BUILD_VERSION: '1.2.3+5' }, folder)).toThrow("1.2.3+5 can't be a version");
});
