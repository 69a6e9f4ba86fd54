import { z } from 'zod';

/** RFC 9457, with a stable `code` for programs and `advice` for people. */
export const problemSchema = z
  .object({
    type: z.string().describe('urn:freeflow:problem:{code}'),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().describe('What is wrong this time'),
    code: z.string().describe('Stable; for programs to decide by'),
    advice: z.string().describe('What to do about it'),
    requestId: z.string().describe('Find this request in the logs by it'),
    errors: z
      .array(
        z.object({
          pointer: z.string().optional().describe('JSON pointer into the body'),
          parameter: z.string().optional(),
          header: z.string().optional(),
          detail: z.string(),
        }),
      )
      .optional(),
  })
  .meta({ id: 'Problem' });

export type ProblemBody = z.output<typeof problemSchema>;

export const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problemSchema } },
});

/** What every route behind the token can answer. */
export const commonProblems = {
  400: problem('The request is wrong; errors[] says where'),
  401: problem('No valid token'),
  403: problem('The permission system:* is missing'),
  503: problem('The master database or the identity provider does not answer'),
} as const;

export const notFound = { 404: problem('There is no such tenant') } as const;
export const conflict = { 409: problem('The tenant, or another operation on it, stands in the way') } as const;
export const tooLarge = { 413: problem('More than 64 KiB') } as const;
export const keyReused = { 422: problem('The Idempotency-Key was used for another request') } as const;
