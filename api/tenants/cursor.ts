import { z } from 'zod';
import { Problem } from '../errors';

/** A place in a list, as an opaque string for the caller to give back. */
export const encodeCursor = (place: readonly (string | number)[]): string => Buffer.from(JSON.stringify(place)).toString('base64url');

/** @throws Problem `request-invalid` when it is none of ours */
export function decodeCursor<T>(schema: z.ZodType<T>, cursor: string): T {
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch (cause) {
    throw new Problem('request-invalid', 'cursor: is not one of this list', { cause, errors: [{ parameter: 'cursor', detail: 'must be the nextCursor of a page of this list' }] });
  }
}

/** Where a page of tenants ends: newest first, the id telling apart those of the same millisecond. */
export const tenantPlace = z.tuple([z.iso.datetime(), z.uuid()]);
/** Where a page of log rows ends. */
export const logPlace = z.tuple([z.number().int().nonnegative()]);
