import { z } from 'zod';

/**
 * What makes a text look like another: control characters (C0, DEL, C1), ends of lines and paragraphs, what turns the
 * direction of a text, and what has no width. U+200C and U+200D stay: Persian, the scripts of India and emoji need
 * them.
 */
const HIDDEN = String.raw`\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb`;
/**
 * Letters without a shape. Apart, as a pattern in a schema has to be right for readers that know no `u` flag as well.
 */
const TAG = String.raw`\u{e0000}-\u{e007f}`;

/** To be used with the `u` flag. */
export const HIDDEN_CHARACTER = `[${HIDDEN}${TAG}]`;
/** Neither hidden nor a lone surrogate: PostgreSQL stores no NUL and no lone surrogate. */
export const PLAIN_CHARACTER = String.raw`[^${HIDDEN}\ud800-\udfff]`;

const PLAIN = new RegExp(`^${PLAIN_CHARACTER}*$`, 'u');
const TAGGED = new RegExp(`[${TAG}]`, 'u');
const NOT_PLAIN = 'must have no control or invisible characters and no lone surrogates';

/** Text of one line from outside, its length counted in characters as JSON Schema does, not in UTF-16 units. */
export const plainText = (least: number, most: number) =>
  z
    .string()
    .regex(PLAIN, NOT_PLAIN)
    .refine((text) => !TAGGED.test(text), NOT_PLAIN)
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

/** The id of a trace, as tools that show traces search by it. */
export const traceId = z.string().nullable();

const isBetween = (value: number, least: number, most: number): boolean => value >= least && value <= most;
