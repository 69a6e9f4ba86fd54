import { isIP } from 'node:net';
import { z } from 'zod';
import { isMasterUrl } from '../pg/server-url';
import { isSecretKey } from '../secrets/keys';
import { isSigningKey, SIGNING_KEY_BYTES } from '../secrets/signing-key';
import { parseDuration } from './duration';
import { isPostgresUrl } from './url-forms';

// What a variable can hold. Each kind names its form once: who forgets the variable reads it as well as who mistypes
// it.

const formError = (form: string) => ({ error: `must be ${form}` });

/**
 * What a JSON Schema says of it, for values that are set before the process reads them: the ordinary mistakes. The kind
 * itself has the last word.
 */
export type JsonForm = Readonly<Record<string, unknown>>;
const SOME_TEXT: JsonForm = { type: 'string', minLength: 1 };

/** Text that fits. `form` ends the sentence "X must be ...". */
export const text = (form: string, isFit: (value: string) => boolean = () => true, json = SOME_TEXT) =>
  z.string(formError(form)).refine(isFit, formError(form)).meta({ form, json });

/** A number, both ends included. Not by Number() alone: it takes 1e3, 0x10 and blanks for numbers. */
export const wholeNumber = (min: number, max: number, form = `a whole number, ${min} to ${max}`) =>
  text(
    form,
    (value) => /^[0-9]{1,15}$/.test(value) && Number(value) >= min && Number(value) <= max,
    wholeNumberJson(min, max),
  ).transform(Number);

/** As a number, or as text, as which variables of the environment are often written. */
const wholeNumberJson = (minimum: number, maximum: number): JsonForm => ({
  type: ['integer', 'string'],
  minimum,
  maximum,
  pattern: '^[0-9]{1,15}$',
});

/** 0, by which something is turned off, or a number between these ends. */
export const zeroOr = (min: number, max: number) => {
  const form = `0, or a whole number, ${min} to ${max}`;
  return text(
    form,
    (value) => /^(0|[1-9][0-9]{0,14})$/.test(value) && isZeroOr(Number(value), min, max),
    wholeNumberJson(0, max),
  ).transform(Number);
};

const isZeroOr = (value: number, min: number, max: number): boolean => value === 0 || (value >= min && value <= max);

/** A port to connect to; with `min` 0 also one to listen on, chosen by the system. */
export const port = (min: 0 | 1 = 1) => wholeNumber(min, 65_535, `a port, ${min} to 65535`);

const TEN_YEARS_MS = 10 * 365 * 24 * 3_600_000;

/** A time in milliseconds, up to ten years. */
export const milliseconds = () => wholeNumber(1, TEN_YEARS_MS, `a whole number of milliseconds, 1 to ${TEN_YEARS_MS}`);

/** A time as people write it: `30m`, `12h` or `90d`, not shorter than a minute. Left as text: see `parseDuration`. */
export const duration = (mostMs = TEN_YEARS_MS) => {
  const form = `a time such as 30m, 12h or 90d, up to ${Math.floor(mostMs / 86_400_000)}d`;
  const isFit = (value: string): boolean => {
    const ms = parseDuration(value) ?? 0;
    return ms >= 60_000 && ms <= mostMs;
  };
  return text(form, isFit, { type: 'string', pattern: '^[0-9]{1,5}[mhd]$' });
};

/** Times in milliseconds, one after the other, separated by commas. */
export const pauses = (most: number) =>
  text(
    `up to ${most} whole numbers of milliseconds, separated by commas`,
    (value) => {
      const parts = value.split(',').map((it) => it.trim());
      return parts.length <= most && parts.every((it) => /^[1-9][0-9]{0,9}$/.test(it));
    },
    { type: ['integer', 'string'], minimum: 1, pattern: listOf('[1-9][0-9]{0,9}') },
  ).transform((value) => value.split(',').map(Number));

/** The pattern of a list that is separated by commas. */
const listOf = (item: string): string => String.raw`^\s*(${item})\s*(,\s*(${item})\s*)*$`;

/** One of a few words. */
export const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z.enum(words, formError(oneOfForm(words))).meta({ form: oneOfForm(words), json: { enum: words } });

const oneOfForm = (words: readonly string[]) => `one of ${words.join(', ')}`;

/** Addresses and networks, separated by commas. */
export const addresses = () =>
  text(
    'IP addresses or networks such as 10.0.0.0/8, separated by commas',
    (value) => value.split(',').every((it) => isNetwork(it.trim())),
    { type: 'string', pattern: listOf('[0-9a-fA-F.:]+(/[0-9]{1,3})?') },
  );

function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return most > 0 && more.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most));
}

/** Several of a few words, separated by commas. */
export const someOf = <const Words extends readonly [string, ...string[]]>(words: Words) => {
  const form = `one or more of ${words.join(', ')}, separated by commas`;
  return text(form, undefined, { type: 'string', pattern: listOf(words.join('|')) })
    .transform((value) => value.split(',').map((word) => word.trim()))
    .pipe(z.array(z.enum(words, formError(form)), formError(form)));
};

/** Where the master database is. */
export const masterUrl = () => text('postgresql://USER:PASSWORD@HOST:PORT/DATABASE', isMasterUrl);

/** A PostgreSQL server and a login there. */
export const postgresUrl = () => text('postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with one host', isPostgresUrl);

/** A URL that may be shown: its login has variables of its own. */
export const httpUrl = () =>
  text(
    'http(s)://HOST:PORT/PATH, without user and password',
    (value) => hasProtocol('http:', 'https:')(value) && !hasLogin(value),
    { type: 'string', pattern: '^[Hh][Tt][Tt][Pp][Ss]?://[^/?#@]+([/?#].*)?$' },
  );

/** A server that is called below this URL: a query would be lost. */
export const serverUrl = () =>
  text(
    'http(s)://HOST:PORT/PATH, without user and password',
    (value) => hasProtocol('http:', 'https:')(value) && !hasLogin(value) && !/[?#]/.test(value),
    { type: 'string', pattern: '^[Hh][Tt][Tt][Pp][Ss]?://[^/?#@]+(/[^?#]*)?$' },
  );

/** Scheme, host and port of several servers, separated by commas. */
export const origins = () =>
  text(
    'http(s)://HOST:PORT each, without a path, separated by commas',
    (value) => value.split(',').every((it) => isOrigin(it.trim())),
    { type: 'string', pattern: listOf('[Hh][Tt][Tt][Pp][Ss]?://[^/?#@,]+') },
  ).transform((value) => value.split(',').map((it) => new URL(it.trim()).origin));

const isOrigin = (text: string): boolean =>
  hasProtocol('http:', 'https:')(text) && new URL(text).href === `${new URL(text).origin}/`;

/**
 * A key that tokens are signed with. The holder of a token can try out keys offline, at any speed, and would find a
 * short one.
 */
export const signingKey = () => text(`at least ${SIGNING_KEY_BYTES} bytes (openssl rand -base64 32)`, isSigningKey);

/** A key that wraps secrets. */
export const secretKey = () => text('base64 of exactly 32 bytes (openssl rand -base64 32)', isSecretKey);

/** Such keys, separated by commas. */
export const secretKeys = () =>
  text('base64 of exactly 32 bytes each, separated by commas', (value) =>
    value.split(',').every((key) => key.trim() === '' || isSecretKey(key)),
  );

/** A role's password. Characters beyond ASCII would have to be normalised (SASLprep) exactly as the server does it. */
export const rolePassword = () => text('printable ASCII characters', (value) => /^[\x20-\x7e]+$/.test(value));

/**
 * Describes a variable, and declares that it carries a credential: NAME_FILE may name a file with it, and no child
 * process inherits it.
 */
export const secret = <Schema extends z.ZodType>(schema: Schema, meaning: string): Schema =>
  schema.meta({ description: meaning, isSecret: true });

const hasProtocol =
  (...protocols: string[]) =>
  (value: string): boolean =>
    URL.canParse(value) && protocols.includes(new URL(value).protocol);

const hasLogin = (value: string): boolean => new URL(value).username !== '' || new URL(value).password !== '';
