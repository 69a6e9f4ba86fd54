import { QdrantClient } from '@qdrant/js-client-rest';
import { hasCode } from '../failures';

export const CALL_TIMEOUT_MS = 20_000;
const HTTP_PORT = 80;
const HTTPS_PORT = 443;
const OWN_PORT = 6333;

/** A client by an API key or a tenant's token, for a server that may be below a path of a proxy. */
export function clientFor(url: URL, apiKey: string): QdrantClient {
  const prefix = pathOf(url);
  // Without a port of ours the client would take its own, also for https.
  return new QdrantClient({
    url: url.origin,
    port: portOf(url),
    ...(prefix === '' ? {} : { prefix }),
    apiKey,
    // To unpack an answer of a few hundred bytes costs more than to read it.
    headers: { 'accept-encoding': 'identity' },
    timeout: CALL_TIMEOUT_MS,
    checkCompatibility: false,
  });
}

/** Where a path below the server's address is, as that client reaches it. */
export const addressOf = (url: URL, path: string): string =>
  `${url.protocol}//${url.hostname}:${portOf(url)}${pathOf(url)}${path}`;

/**
 * The port of a URL that names none: Qdrant's own for plain HTTP, else the scheme's. Below a path stands a proxy, not
 * Qdrant itself. (A URL doesn't keep a port that is its scheme's default.)
 */
export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  if (url.protocol === 'https:') return HTTPS_PORT;
  return pathOf(url) === '' ? OWN_PORT : HTTP_PORT;
}

const pathOf = ({ pathname }: URL): string => pathname.replace(/\/+$/, '');

/** What a collection is, or nothing where there is none of that name. */
export async function collectionInfo(client: QdrantClient, name: string) {
  try {
    return await client.getCollection(name);
  } catch (error) {
    if (hasCode(error, 404)) return undefined;
    throw error;
  }
}

/** The metadata of a collection, empty where it has none, nothing where there is no such collection. */
export async function metadataOf(client: QdrantClient, name: string): Promise<Record<string, unknown> | undefined> {
  const info = await collectionInfo(client, name);
  return info && (info.config.metadata ?? {});
}
