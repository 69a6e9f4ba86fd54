import { z } from 'zod';
import { numberInQuery } from './text';

/** How many rows a page has at most. */
export const pageLimit = (byDefault: number, most: number) => numberInQuery(1, most).default(byDefault);

export const pageCursor = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,200}$/, 'must be the nextCursor of a page of this list')
  .optional()
  .describe('nextCursor of the page before');

export const nextCursor = z.string().nullable().describe('null on the last page');
