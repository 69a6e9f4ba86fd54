import type { z } from 'zod';
import { Refusal } from '../api/client';

/** What is wrong with each field, by the rules of the API: its first fault. */
export function errorsByField(parsed: z.ZodSafeParseResult<unknown>): Record<string, string> {
  if (parsed.success) return {};
  return Object.fromEntries(
    parsed.error.issues.toReversed().map(({ path: [field = ''], message }) => [String(field), message]),
  );
}

/** The same, of what the API has refused: `/labels/tier` is about the field `labels`. */
export function refusalsByField(error: unknown): Record<string, string> {
  if (!(error instanceof Refusal)) return {};
  const { code, errors = [] } = error.problem;
  if (code === 'tenant-name-taken') return { name: 'is taken' };
  return Object.fromEntries(
    errors.flatMap(({ pointer, detail }) => {
      const [, field] = pointer?.split('/') ?? [];
      return field === undefined ? [] : [[field, detail]];
    }),
  );
}
