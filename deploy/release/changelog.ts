import { ReleaseError } from './errors';

const UNRELEASED = '## Unreleased\n';

/**
 * The changelog with what was unreleased under the number and day of a version.
 * @param day such as 2026-12-01
 * @throws ReleaseError where nothing is unreleased, or the version has a section already
 */
export function releaseChangelog(text: string, version: string, day: string): string {
  if (sectionOf(text, version) !== undefined) throw new ReleaseError(`CHANGELOG.md has a section ${version} already.`);
  const [before, after, ...more] = text.split(UNRELEASED);
  if (before === undefined || after === undefined || more.length > 0)
    throw new ReleaseError('CHANGELOG.md has no section "Unreleased", or more than one.');
  if (!/^- /m.test(after.split(/^## /m)[0] ?? '')) throw new ReleaseError('Nothing is unreleased in CHANGELOG.md.');
  return `${before}${UNRELEASED}\n## ${version} - ${day}\n${after}`;
}

/** What the changelog has of a version: the notes of its release. */
export const sectionOf = (text: string, version: string): string | undefined =>
  text
    .split(/^(?=## )/m)
    .find((it) => it.startsWith(`## ${version} - `))
    ?.trim();
