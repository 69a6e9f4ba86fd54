import { LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { CodedError } from '../errors';
import { issueText, nameOf } from './issue-text';
import { offsetOf, type NodePath } from './node-offset';

export { issueText, nameOf, offsetOf, type NodePath };

/** So often all anchors together may be stood for by aliases, nested ones multiplied. */
const MOST_ALIASES = 10_000;

/** What is wrong in a file, a line of the message each: by file, line and column. */
export class YamlError extends CodedError<'file-invalid'> {
  override readonly name = 'YamlError';

  constructor(lines: readonly string[]) {
    super('file-invalid', lines.join('\n'));
  }
}

/** What is wrong beyond the schema, at a path of the file. */
export interface Mistake {
  path: NodePath;
  text: string;
}

/** Looks for what no schema can say. @param lineOf the line of what is at a path */
type Check<T> = (data: T, lineOf: (path: NodePath) => number) => Mistake[];

/**
 * What a text says, by a schema. YAML 1.2, of which JSON is a part, without tags of its own: a text stays a text, and
 * nothing is made of it but lists, fields and values.
 * @param file what it is called in errors
 * @throws YamlError with all that is wrong
 */
export function parseYaml<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  file: string,
  check: Check<z.output<Schema>> = () => [],
): z.output<Schema> {
  const lines = new LineCounter();
  const fail = (mistakes: readonly { offset: number; text: string }[]): never => {
    throw new YamlError(mistakes.map((it) => `${file}:${placeOf(lines, it.offset)}: ${it.text}`));
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
  const { success, data, error } = schema.safeParse(valueOf(document, fail));
  const at = (mistakes: readonly Mistake[]) =>
    mistakes.map(({ path, text: what }) => ({ offset: offsetOf(document, path), text: what }));
  if (!success) return fail(at(error.issues.flatMap(issueText)));
  const mistakes = check(data, (path) => lines.linePos(offsetOf(document, path)).line);
  return mistakes.length === 0 ? data : fail(at(mistakes));
}

function valueOf(document: Document, fail: (mistakes: readonly { offset: number; text: string }[]) => never): unknown {
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
