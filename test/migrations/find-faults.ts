import { readStatements, type Statement } from './read-statements';

/** What is said above a statement that does not only add. */
const EXCUSE = {
  'may-disturb': /^-- (?:compatible: .{20,}|contract \d+\.\d+\.\d+: .{20,})$/m,
  contracts: /^-- contract (?<release>\d+\.\d+\.\d+): .{20,}$/m,
} as const;

const ADVICE = {
  'may-disturb':
    'It changes what the release before does, which goes on serving. Say above it why that one goes on working: -- compatible: REASON',
  contracts:
    'It takes away what the release before may use. Wait until a release that does not is out, then name that above it: -- contract 1.2.3: REASON',
} as const;

/**
 * What is wrong with a migration for the release before it.
 * @param released the releases there are
 * @param plainIndexes indexes of earlier migrations that are not unique: nothing but speed hangs on them
 */
export async function findFaults(
  sql: string,
  released: readonly string[],
  plainIndexes: readonly string[] = [],
): Promise<string[]> {
  return (await readStatements(sql, plainIndexes)).flatMap((statement) => faultOf(statement, released) ?? []);
}

function faultOf({ text, comments, verdict }: Statement, released: readonly string[]): string | undefined {
  if (verdict === 'expands') return undefined;
  const excuse = EXCUSE[verdict].exec(comments);
  const release = /^-- contract (\S+):/m.exec(comments)?.[1];
  if (excuse === null) return `${beginOf(text)}: ${ADVICE[verdict]}`;
  return release === undefined || released.includes(release)
    ? undefined
    : `${beginOf(text)}: there is no release ${release} in CHANGELOG.md yet, which all have to run before this one.`;
}

const beginOf = (text: string): string => text.replaceAll(/\s+/g, ' ').slice(0, 70);
