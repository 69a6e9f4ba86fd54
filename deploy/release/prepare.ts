import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gt, valid } from 'semver';
import { projectRoot } from '../../stack/project';
import { releaseChangelog } from './changelog';
import { ReleaseError } from './errors';

/** All of the workspace (pnpm-workspace.yaml), and what holds it together. */
export const PACKAGES = ['.', 'console', 'contract', 'lib', 'prisma'];
const VERSION = /(?<=^ {2}"version": ")[^"]+(?=")/m;

/** The version that the packages have now. */
export const packageVersion = (root = projectRoot()): string =>
  VERSION.exec(readFileSync(path.join(root, 'package.json'), 'utf8'))?.[0] ?? '';

/**
 * Writes a version and its day into changelog and packages, to be committed and tagged.
 * @throws ReleaseError where it is no newer version, or nothing is unreleased
 */
export function prepareRelease(version: string, day: string, root = projectRoot()): void {
  const present = packageVersion(root);
  // The first release may have the number that the packages have had all along.
  if (valid(version) !== version || (version !== present && !gt(version, present)))
    throw new ReleaseError(`${version} is no version after ${present}.`);
  const changelog = path.join(root, 'CHANGELOG.md');
  const text = releaseChangelog(readFileSync(changelog, 'utf8'), version, day);
  for (const it of PACKAGES) {
    const file = path.join(root, it, 'package.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace(VERSION, version));
  }
  writeFileSync(changelog, text);
}
