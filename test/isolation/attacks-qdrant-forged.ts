import type { Attack } from './attack';
import type { TenantSession } from './tenant-session';

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const HS256 = { alg: 'HS256', typ: 'JWT' };

/** Reads the other's collection with a token made from the own one. */
const forge = (
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

/** Tokens are signed with the API key, so changing one takes that key. */
export const FORGED: readonly Attack[] = [
  forge('unsigned, with all rights', '401', () => `${encode({ alg: 'none', typ: 'JWT' })}.${encode({ access: 'm' })}.`),
  forge(
    'its own signature under all rights',
    '403',
    (own) => `${encode(HS256)}.${encode({ access: 'm' })}.${signatureOf(own)}`,
  ),
  forge(
    "its own signature under the other's collection",
    '403',
    (own, _, on) =>
      `${encode(HS256)}.${encode({ ...claimsOf(own), access: [{ collection: on.qdrant.collection, access: 'rw' }] })}.${signatureOf(own)}`,
  ),
  forge(
    'its own signature, no `access` at all',
    '403',
    (own) => `${encode(HS256)}.${encode({ value_exists: claimsOf(own)['value_exists'] })}.${signatureOf(own)}`,
  ),
  forge('none', '401', () => ''),
];
