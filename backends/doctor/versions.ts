import { coerce, lt, satisfies, SemVer } from 'semver';
import { fail, type Finding, ok, warn } from './check';

/** The versions of one server, or of Node, that FreeFlow runs on. */
export interface SupportedVersions {
  title: string;
  /** The versions that all tests run on. */
  tested: readonly string[];
  /** Supported too, though not every test runs on them. */
  supported?: readonly string[];
  /** Of the tested ones: no longer maintained by its vendor. */
  endOfLife?: readonly string[];
  /** Below it something is lacking. */
  least?: { version: string; why: string };
}

/** Compares what a server reports with what is tested and supported. */
export function versionFinding(
  { title, tested, supported = [], endOfLife = [], least }: SupportedVersions,
  text: string,
): Finding {
  const [version = ''] = /\d+(\.\d+)*/.exec(text) ?? [];
  const found = comparable(version);
  const isOneOf = (versions: readonly string[]) => versions.some((it) => satisfies(found, it));
  if (least !== undefined && lt(found, comparable(least.version)))
    return fail(`${version}: ${least.why}`, `Upgrade ${title} to ${least.version} or newer.`);
  if (isOneOf(endOfLife))
    return ok(`${version}: tested, but past its end of life; in production use ${supported.join(' or ')}`);
  if (isOneOf(tested)) return ok(version);
  if (isOneOf(supported)) return ok(`${version}: supported; tested on ${tested.join(', ')}`);
  return warn(
    `${version}: not among the versions tested (${tested.join(', ')})`,
    `It may work; test it, or use ${title} ${[...tested, ...supported].at(-1)}.`,
  );
}

/** Servers have versions of two to four numbers; the first three count. */
const comparable = (version: string): SemVer => coerce(version) ?? new SemVer('0.0.0');
