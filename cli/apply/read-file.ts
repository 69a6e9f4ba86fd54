import { readFileSync } from 'node:fs';
import { tenantsFile, type TenantEntry } from '@freeflow/contract/http';
import { issueText, nameOf as pathName, offsetOf, type NodePath } from '@freeflow/lib/yaml';
import { LineCounter, parseDocument, type Document } from 'yaml';
import { EXIT, Failure } from '../failure';

/** A file names tenants, not their data: what is larger is another file. */
const LARGEST_BYTES = 4 * 1024 * 1024;
/** So often all anchors together may be stood for by aliases, nested ones multiplied. */
const MOST_ALIASES = 10_000;

/** What is wrong, and where. */
interface Mistake {
  offset: number;
  text: string;
}

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
 * The tenants in a text, in their order. YAML 1.2 without tags of its own: a text stays a text, and nothing is made of
 * it but lists, fields and values.
 * @throws Failure `usage`
 */
export function parseTenants(text: string, file: string): TenantEntry[] {
  const lines = new LineCounter();
  const fail = (mistakes: readonly Mistake[]): never => {
    throw new Failure(
      EXIT.usage,
      mistakes.map((it) => `${file}:${placeOf(lines, it.offset)}: ${it.text}`).join('\n'),
      'Nothing was changed. Correct the file; what it may say: docs/apply.md',
    );
  };
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    resolveKnownTags: false,
    prettyErrors: false,
    // `silent` would also read the first of several documents and pass over the others.
    logLevel: 'error',
    lineCounter: lines,
  });
  // A tag that nobody knows is a warning of the library's only.
  const unread = [...document.errors, ...document.warnings];
  if (unread.length > 0) return fail(unread.map(({ pos: [offset], message }) => ({ offset, text: message })));
  const { success, data, error } = tenantsFile.safeParse(valueOf(document, fail));
  if (!success)
    return fail(
      error.issues.flatMap((issue) =>
        issueText(issue).map(({ path, text: what }) => ({ offset: offsetOf(document, path), text: what })),
      ),
    );
  const doubled = [...findDoubled(data.tenants, 'name'), ...findDoubled(data.tenants, 'externalId')];
  if (doubled.length > 0)
    return fail(
      doubled.map(({ path, value, before }) => ({
        offset: offsetOf(document, path),
        text: `${pathName(path)}: ${value} is in line ${lines.linePos(offsetOf(document, before)).line} already`,
      })),
    );
  return data.tenants;
}

function valueOf(document: Document, fail: (mistakes: readonly Mistake[]) => never): unknown {
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch (error) {
    return fail([{ offset: 0, text: error instanceof ReferenceError ? error.message : 'is no readable YAML' }]);
  }
}

function placeOf(lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${Math.max(1, line)}:${Math.max(1, col)}`;
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
