import { OLDEST as OLDEST_POSTGRES } from '../postgres/provisioner/set-up';
import { fail, type Finding, ok, warn } from './check';

interface Row {
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

/** A row for Node, and one for each server. */
export const VERSIONS = {
  node: {
    title: 'Node',
    tested: ['24'],
    supported: ['26'],
    least: { version: '22.18', why: 'the libraries in use need a newer one' },
  },
  temporal: { title: 'Temporal', tested: ['1.32'] },
  postgres: {
    title: 'PostgreSQL',
    tested: ['18'],
    least: { version: String(OLDEST_POSTGRES), why: 'CREATEROLE gives rights over nearly every role there' },
  },
  mongodb: {
    title: 'MongoDB',
    tested: ['6.0'],
    supported: ['7.0', '8.0'],
    endOfLife: ['6.0'],
    least: { version: '4.4', why: 'the driver refuses it' },
  },
  qdrant: {
    title: 'Qdrant',
    tested: ['1.16'],
    least: { version: '1.16', why: 'collections have no metadata there, by which their owner is known' },
  },
  keycloak: { title: 'Keycloak', tested: ['26.7'] },
} as const satisfies Record<string, Row>;

/** Compares what a server reports with what is tested and supported. */
export function versionFinding(server: keyof typeof VERSIONS, text: string): Finding {
  const { title, tested, supported = [], endOfLife = [], least }: Row = VERSIONS[server];
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
    `It may well work; try it out, or use ${title} ${[...tested, ...supported].at(-1)}.`,
  );
}

/** Whether `version` is older than `least`; `18` is not older than `18.0`. */
export function isBelow(version: string, least: string): boolean {
  const [has, needs] = [version, least].map((it) => it.split('.').map(Number));
  const at = needs?.findIndex((part, index) => part !== (has?.[index] ?? 0)) ?? -1;
  return at >= 0 && (has?.[at] ?? 0) < (needs?.[at] ?? 0);
}
