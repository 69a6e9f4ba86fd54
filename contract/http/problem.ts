import { z } from 'zod';

/** One fault of a request: where it is, and what. */
const inputErrorSchema = z.object({
  pointer: z.string().optional().describe('JSON pointer into the body'),
  parameter: z.string().optional(),
  header: z.string().optional(),
  detail: z.string(),
});

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
    traceId: z.string().optional().describe('Find it among the traces by this; left out where it is not traced'),
    errors: z.array(inputErrorSchema).optional().describe('All that is wrong with the request'),
  })
  .meta({ id: 'Problem' });

export type ProblemBody = z.output<typeof problemSchema>;
export type InputError = z.output<typeof inputErrorSchema>;
