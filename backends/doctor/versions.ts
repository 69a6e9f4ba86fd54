import { OLDEST as OLDEST_POSTGRES } from '../postgres/provisioner/set-up';
import { fail, type Finding, ok, warn } from './check';

interface Row {
  title: string;
  /** The versions that all tests are run on. */
  good: readonly string[];
  /** Below it something is lacking. */
  least?: { version: string; why: string };
}

/** A row for Node, and one for each server. */
export const VERSIONS = {
  node: { title: 'Node', good: ['20'], least: { version: '20.20.2', why: 'FreeFlow is not made for it' } },
  temporal: { title: 'Temporal', good: ['1.32'] },
  postgres: {
    title: 'PostgreSQL',
    good: ['18'],
    least: { version: String(OLDEST_POSTGRES), why: 'CREATEROLE gives rights over nearly every role there' },
  },
  mongodb: { title: 'MongoDB', good: ['6.0'], least: { version: '4.4', why: 'the driver refuses it' } },
  qdrant: {
    title: 'Qdrant',
    good: ['1.16'],
    least: { version: '1.16', why: 'collections have no metadata there, by which their owner is known' },
  },
  keycloak: { title: 'Keycloak', good: ['26.7'] },
} as const satisfies Record<string, Row>;

/** Compares what a server says with what is known to work. */
export function versionFinding(server: keyof typeof VERSIONS, text: string): Finding {
  const { title, good, least }: Row = VERSIONS[server];
  const [version = ''] = /\d+(\.\d+)*/.exec(text) ?? [];
  if (least !== undefined && isBelow(version, least.version))
    return fail(`${version}: ${least.why}`, `Upgrade ${title} to ${least.version} or newer.`);
  if (good.some((it) => `${version}.`.startsWith(`${it}.`))) return ok(version);
  return warn(
    `${version}: not among the versions tried (${good.join(', ')})`,
    `It may well work; try it out, or use ${title} ${good.at(-1)}.`,
  );
}

/** Whether `version` is older than `least`; `18` is not older than `18.0`. */
export function isBelow(version: string, least: string): boolean {
  const [has, needs] = [version, least].map((it) => it.split('.').map(Number));
  const at = needs?.findIndex((part, index) => part !== (has?.[index] ?? 0)) ?? -1;
  return at >= 0 && (has?.[at] ?? 0) < (needs?.[at] ?? 0);
}
