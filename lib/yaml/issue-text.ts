import type { z } from 'zod';
import type { NodePath } from './node-offset';

type Issue = z.core.$ZodIssue;

const KINDS: Readonly<Record<string, string>> = {
  string: 'must be text; numbers, true, false and null are text in quotes only',
  boolean: 'must be true or false',
  array: 'must be a list',
  object: 'must be fields with their values',
  record: 'must be fields with their values',
};

/** What is wrong by the schema, in words, each by its path in the file. Values are not repeated. */
export function issueText(issue: Issue): { path: NodePath; text: string }[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => at([...issue.path, key], 'is not a known field'));
  if (issue.code === 'invalid_type') {
    const isMissing = issue.message.endsWith('received undefined');
    return [at(issue.path, isMissing ? 'is missing' : (KINDS[issue.expected] ?? issue.message))];
  }
  if (issue.code === 'invalid_key') return [at(issue.path, issue.issues[0]?.message ?? issue.message)];
  return [at(issue.path, issue.message)];
}

const at = (path: NodePath, what: string) => ({ path, text: `${nameOf(path)}: ${what}` });

/** `tenants[1].labels.tier` */
export const nameOf = (path: NodePath): string =>
  path.length === 0
    ? 'the file'
    : path.map((it, index) => (typeof it === 'number' ? `[${it}]` : `${index === 0 ? '' : '.'}${String(it)}`)).join('');
