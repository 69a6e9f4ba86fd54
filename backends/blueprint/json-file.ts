import { issueText, offsetOf } from '@freeflow/lib/yaml';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import type { BlueprintFile, BlueprintProblem } from './form';

/** What a file of JSON holds, or all that is wrong with it, each by its line. */
export function readJsonFile<Schema extends z.ZodType>(
  { path, content }: Pick<BlueprintFile, 'path' | 'content'>,
  schema: Schema,
): { value: z.output<Schema> } | { problems: BlueprintProblem[] } {
  const lines = new LineCounter();
  // JSON is a part of YAML, whose reader knows where everything is.
  const document = parseDocument(content, { schema: 'json', strict: true, prettyErrors: false, lineCounter: lines });
  const at = (offset: number, message: string) => ({ path, line: Math.max(1, lines.linePos(offset).line), message });
  // What is wrong after the first follows from it, mostly.
  if (document.errors.length > 0)
    return { problems: document.errors.slice(0, 1).map(({ pos: [offset], message }) => at(offset, message)) };
  try {
    JSON.parse(content);
  } catch (error) {
    return { problems: [{ path, message: `is no JSON: ${(error as Error).message}` }] };
  }
  const { success, data, error } = schema.safeParse(document.toJS());
  if (success) return { value: data };
  return {
    problems: error.issues.flatMap((issue) =>
      issueText(issue).map(({ path: where, text }) => at(offsetOf(document, where), text)),
    ),
  };
}

/** The same of a file that was checked before. @throws Error where it is not what it was then */
export function jsonIn<Schema extends z.ZodType>(file: BlueprintFile, schema: Schema): z.output<Schema> {
  const read = readJsonFile(file, schema);
  if ('value' in read) return read.value;
  throw new Error(`${file.path}: ${read.problems.map(({ message }) => message).join('; ')}`);
}

/** The problems alone: what a check of a file of JSON returns. */
export const problemsIn = async <Schema extends z.ZodType>(
  file: BlueprintFile,
  schema: Schema,
): Promise<BlueprintProblem[]> => {
  const read = readJsonFile(file, schema);
  return 'problems' in read ? read.problems : [];
};
