import { randomUUID } from 'node:crypto';
import { SignJWT, decodeJwt } from 'jose';
import { BackendFault } from '../failures';

/** Tokens are valid as long as their point stands in this collection: deleting the point revokes the token at once. */
export const REGISTRY = 'freeflow_registry';
export const TOKEN_KEY = 'token_id';

/**
 * Mints the token of one collection, the only place where that is done: a token whose `access` is missing or
 * misspelt would be a master key, so what was minted is decoded and compared before anybody gets it.
 */
export async function mintToken(collection: string, apiKey: string): Promise<string> {
  const token = await new SignJWT({
    access: [{ collection, access: 'rw' }],
    value_exists: { collection: REGISTRY, matches: [{ key: TOKEN_KEY, value: randomUUID() }] },
  })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(new TextEncoder().encode(apiKey));
  tokenIdOf(token, collection);
  return token;
}

/**
 * The id under which a token is registered.
 * @throws BackendFault `probe-leak` when the token isn't exactly one for reading and writing this collection
 */
export function tokenIdOf(token: string, collection: string): string {
  const { access, value_exists: valueExists, ...rest } = decodeJwt(token);
  const tokenId = (valueExists as { matches?: { value?: unknown }[] } | undefined)?.matches?.[0]?.value;
  const expected = {
    access: [{ collection, access: 'rw' }],
    valueExists: { collection: REGISTRY, matches: [{ key: TOKEN_KEY, value: tokenId }] },
  };
  const isNarrow =
    JSON.stringify({ access, valueExists }) === JSON.stringify(expected) && Object.keys(rest).length === 0;
  if (typeof tokenId !== 'string' || !isNarrow)
    throw new BackendFault('probe-leak', `Qdrant: the token for ${collection} isn't narrowed to it`);
  return tokenId;
}
