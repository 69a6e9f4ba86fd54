import { readFileSync } from 'node:fs';
import { tenantsFile, type TenantEntry } from '@freeflow/contract/http';
import { nameOf as pathName, parseYaml, YamlError, type NodePath } from '@freeflow/lib/yaml';
import { EXIT, Failure } from '../failure';

/** A file names tenants, not their data: what is larger is another file. */
const LARGEST_BYTES = 4 * 1024 * 1024;
/**
 * Reads a file of tenants; `-` is what is piped in.
 * @throws Failure `usage` with all that is wrong, each by file, line and column
 */
export function readTenantsFile(file: string): TenantEntry[] {
  const text = readText(file);
  if (Buffer.byteLength(text) > LARGEST_BYTES)
    throw new Failure(
      EXIT.usage,
      `${nameOf(file)} has more than 4 MiB.`,
      'Is it a file of tenants? Split it otherwise.',
    );
  return parseTenants(text, nameOf(file));
}

const nameOf = (file: string): string => (file === '-' ? 'stdin' : file);

function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (cause) {
    throw new Failure(EXIT.usage, `${nameOf(file)} can't be read.`, 'Name a file of tenants: freeflow apply --help', {
      cause,
    });
  }
}

/**
 * The tenants in a text, in their order.
 * @throws Failure `usage`
 */
export function parseTenants(text: string, file: string): TenantEntry[] {
  try {
    return parseYaml(tenantsFile, text, file, ({ tenants }, lineOf) =>
      [...findDoubled(tenants, 'name'), ...findDoubled(tenants, 'externalId')].map(({ path, value, before }) => ({
        path,
        text: `${pathName(path)}: ${value} is in line ${lineOf(before)} already`,
      })),
    ).tenants;
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw new Failure(
      EXIT.usage,
      error.message,
      'Nothing was changed. Correct the file; what it may say: docs/apply.md',
    );
  }
}

/** Those that have a value which one before them has. */
function findDoubled(
  tenants: readonly TenantEntry[],
  field: 'name' | 'externalId',
): { path: NodePath; before: NodePath; value: string }[] {
  const seen = new Map<string, number>();
  return tenants.flatMap((entry, at) => {
    const value = entry[field] ?? undefined;
    if (value === undefined) return [];
    const first = seen.get(value);
    if (first === undefined) seen.set(value, at);
    return first === undefined ? [] : [{ path: ['tenants', at, field], before: ['tenants', first, field], value }];
  });
}
