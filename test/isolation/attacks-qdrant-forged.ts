import type { Attack } from './attack';
import type { TenantSession } from './tenant-session';

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const HS256 = { alg: 'HS256', typ: 'JWT' };

/** Reads the other's collection with a token made from the own one. */
const forged = (
  what: string,
  answer: string,
  token: (own: string, by: TenantSession, on: TenantSession) => string,
): Attack => ({
  what: `read the other with a token of its own making: ${what}`,
  as: 'a forged token',
  answer,
  run: (by, on) =>
    by.qdrant.run('GET', `/collections/${on.qdrant.collection}`, undefined, token(by.qdrant.token, by, on)),
});

const signatureOf = (token: string): string => token.split('.')[2] ?? '';
const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

/** Tokens are signed with the API key, so whoever changes one needs that key. */
export const FORGED: readonly Attack[] = [
  forged(
    'unsigned, with all rights',
    '401',
    () => `${encoded({ alg: 'none', typ: 'JWT' })}.${encoded({ access: 'm' })}.`,
  ),
  forged(
    'its own signature under all rights',
    '403',
    (own) => `${encoded(HS256)}.${encoded({ access: 'm' })}.${signatureOf(own)}`,
  ),
  forged(
    "its own signature under the other's collection",
    '403',
    (own, _, on) =>
      `${encoded(HS256)}.${encoded({ ...claimsOf(own), access: [{ collection: on.qdrant.collection, access: 'rw' }] })}.${signatureOf(own)}`,
  ),
  forged(
    'its own signature, no `access` at all',
    '403',
    (own) => `${encoded(HS256)}.${encoded({ value_exists: claimsOf(own)['value_exists'] })}.${signatureOf(own)}`,
  ),
  forged('none', '401', () => ''),
];
