import { z } from 'zod';

/**
 * Neither control characters (C0, DEL, C1) nor lone surrogates: PostgreSQL stores no NUL and no lone surrogate, and
 * none of them belongs on a terminal.
 */
export const PLAIN_CHARACTER = String.raw`[^\u0000-\u001f\u007f-\u009f\ud800-\udfff]`;
const PLAIN = new RegExp(`^${PLAIN_CHARACTER}*$`, 'u');

/** Text of one line from outside, its length counted in characters as JSON Schema does, not in UTF-16 units. */
export const plainText = (least: number, most: number) =>
  z
    .string()
    .regex(PLAIN, 'must have no control characters and no lone surrogates')
    .refine((text) => isBetween(Array.from(text).length, least, most), `must be ${least} to ${most} characters`)
    .meta({ minLength: least, maxLength: most });

/** A number in a query, as digits: Number() alone takes `1e2`, `0x10` and blanks for numbers too. */
export const numberInQuery = (least: number, most: number) => {
  const form = `must be a whole number, ${least} to ${most}`;
  return z.preprocess(
    (given) => (typeof given === 'string' && /^[0-9]{1,9}$/.test(given) ? Number(given) : given),
    z.number(form).int(form).min(least, form).max(most, form),
  );
};

/** The id of a row: in lower case, as ids of workflows derive from it. */
export const rowId = () => z.uuid('must be a UUID').toLowerCase();

const isBetween = (value: number, least: number, most: number): boolean => value >= least && value <= most;
