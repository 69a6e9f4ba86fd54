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
  const isOneOf = (versions: readonly string[]) => versions.some((it) => `${version}.`.startsWith(`${it}.`));
  if (least !== undefined && isBelow(version, least.version))
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

/** Whether `version` is older than `least`; `18` is not older than `18.0`. */
export function isBelow(version: string, least: string): boolean {
  const [has, needs] = [version, least].map((it) => it.split('.').map(Number));
  const at = needs?.findIndex((part, index) => part !== (has?.[index] ?? 0)) ?? -1;
  return at >= 0 && (has?.[at] ?? 0) < (needs?.[at] ?? 0);
}
