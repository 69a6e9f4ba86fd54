import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../stack/project';
import { findBuilder, ImageError, saveImage } from '../image/builder';
import { builtVersion } from '../image/built-version';
import { sectionOf } from './changelog';
import { ReleaseError } from './errors';
import { packageVersion } from './prepare';
import { readSigningKey, signFolder } from './sign';

const git = (...args: string[]): string =>
  execFileSync('git', ['-C', projectRoot(), ...args], { encoding: 'utf8' }).trim();

/**
 * The version of the tag that stands at this commit, which must be what packages, changelog, tree and programs have.
 * @throws ReleaseError where one of them differs
 */
export function assertReleasable(): { version: string; notes: string } {
  const version = packageVersion();
  if (git('status', '--porcelain') !== '')
    throw new ReleaseError('Files differ from the commit: commit or stash them.');
  if (!git('tag', '--points-at', 'HEAD').split('\n').includes(`v${version}`))
    throw new ReleaseError(`This commit has no tag v${version}, which is the version of the packages.`);
  const built = builtVersion();
  if (built !== version) throw new ReleaseError(`What is built is ${built}: build it anew (npm run build) at the tag.`);
  const notes = sectionOf(readFileSync(path.join(projectRoot(), 'CHANGELOG.md'), 'utf8'), version);
  if (notes === undefined) throw new ReleaseError(`CHANGELOG.md has no section ${version}.`);
  return { version, notes };
}

/**
 * Builds the image of a release and lays all that is published into a folder, signed.
 * @param base as `npm run image -- --base` takes it
 * @returns the folder
 */
export function buildRelease(
  { version, notes }: { version: string; notes: string },
  base: string | undefined,
  env: NodeJS.ProcessEnv,
): string {
  const key = readSigningKey(env);
  const builder = findBuilder(env);
  if (builder === undefined) throw new ImageError('Neither buildah nor Docker is on this machine.');
  const folder = path.join(projectRoot(), 'release', version);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const file = (name: string) => path.join(folder, name);
  const image = `freeflow:${version}`;
  const options = ['--tag', image, '--sbom', file('sbom.cdx.json'), ...(base === undefined ? [] : ['--base', base])];
  execFileSync(process.execPath, [path.join(projectRoot(), 'dist/deploy/image/main.js'), ...options], {
    stdio: 'inherit',
  });
  saveImage(builder, image, file('image.tar'));
  copyFileSync(path.join(projectRoot(), 'docs/reports/licences.md'), file('licences.md'));
  writeFileSync(file('notes.md'), `${notes}\n`);
  signFolder(folder, key);
  return folder;
}
