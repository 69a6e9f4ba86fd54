import { TENANT_NAME_PATTERN } from '@freeflow/contract';
import { z } from 'zod';
import { Problem } from '../errors';

/** A place in a list, as an opaque string for the caller to give back. */
export const encodeCursor = (place: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify(place)).toString('base64url');

/**
 * Reads a cursor. It is not signed, since it gives nothing away and reaches no other list; but only what this list
 * could have given is taken, letter by letter, so that none reaches the master database that it can't compare.
 * @throws Problem `request-invalid` when it is none of ours
 */
export function decodeCursor<T extends readonly (string | number)[]>(schema: z.ZodType<T>, cursor: string): T {
  const place = schema.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString('utf8')));
  if (place.success && encodeCursor(place.data) === cursor) return place.data;
  throw new Problem('request-invalid', 'cursor: is not one of this list', {
    cause: place.error,
    errors: [{ parameter: 'cursor', detail: 'must be the nextCursor of a page of this list' }],
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** A moment as this API writes it. ISO 8601 has others, such as the year 0000, that PostgreSQL doesn't know. */
const moment = z
  .string()
  .regex(/^(?:19[7-9]|[2-9]\d\d)\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  .refine((text) => !Number.isNaN(Date.parse(text)) && new Date(text).toISOString() === text);

/** `seq` is an integer of 32 bits. */
const LARGEST_SEQ = 2 ** 31 - 1;

/** Where a page of tenants, or of the audit trail, ends: newest first, those of the same millisecond ordered by id. */
export const timePlace = z.tuple([moment, z.uuid()]);

/** Where a page of tenants by the beginning of their names ends: by name, those of one name ordered by id. */
export const namePlace = z.tuple([z.string().regex(TENANT_NAME_PATTERN), z.uuid()]);

/** `id` of bigint: of nineteen digits some are too large. */
const eventId = z.string().regex(/^(?:0|[1-9][0-9]{0,17})$/);

/** Where a page of deliveries ends: those of the same millisecond ordered by their events; 0: of none. */
export const deliveryPlace = z.tuple([moment, eventId, z.uuid()]);

/**
 * What follows the last of the rows that a page shows: null where none does.
 * @param betweenOf what rows of the same time are ordered by before their id
 */
export const cursorAfter = <Row extends { id: string }>(
  rows: readonly Row[],
  limit: number,
  timeOf: (row: Row) => Date,
  betweenOf: (row: Row) => string[] = () => [],
): string | null => {
  const last = rows[limit - 1];
  return rows.length > limit && last !== undefined
    ? encodeCursor([timeOf(last).toISOString(), ...betweenOf(last), last.id])
    : null;
};

/** Where a page of log rows ends. */
export const logPlace = z.tuple([z.number().int().min(0).max(LARGEST_SEQ)]);
