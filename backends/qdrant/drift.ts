import type { QdrantClient } from '@qdrant/js-client-rest';
import type { Drift, OwnedResource, Target } from '../backend';
import { hasCode } from '../failures';
import { metadataOf } from './client';
import { REGISTRY } from './token';

const PAGE = 100;

/** One kind of vectors, or several by their names. */
type Vectors = object;

/** Size and kind of vectors, as the metadata of a collection keeps what it was made with. */
export function describeVectors(vectors: Vectors): string {
  const names = Object.keys(vectors).sort();
  if (('size' in vectors && typeof vectors.size !== 'object') || names.length === 0) return describeOne(vectors);
  const byName = vectors as Readonly<Record<string, Vectors>>;
  return names.map((name) => `${name}: ${describeOne(byName[name] ?? {})}`).join(', ');
}

const describeOne = (vector: { size?: unknown; distance?: unknown }): string =>
  `${String(vector.size)} ${String(vector.distance)}`;

/**
 * How the collection and its token's point differ from what they should be.
 * @param configured the vectors of new collections; assumed for older ones, which don't record theirs
 */
export async function findQdrantDrift(
  client: QdrantClient,
  tenant: QdrantClient,
  { name }: Target,
  state: 'present' | 'disabled',
  configured: string,
  isRegistered: boolean,
): Promise<Drift[]> {
  const { config } = await client.getCollection(name);
  const has = describeVectors((config.params.vectors ?? {}) as Vectors);
  const noted = config.metadata?.['freeflowVectors'];
  const made = typeof noted === 'string' ? noted : configured;
  const isShut = state === 'disabled';
  return [
    ...(has === made ? [] : [{ what: `its vectors are ${has}, created as ${made}` }]),
    ...(isRegistered !== isShut
      ? []
      : [
          { what: isRegistered ? 'its token is registered' : 'its token is not registered', repair: 'access' as const },
        ]),
    ...(isShut || !isRegistered || (await takesToken(tenant, name)) ? [] : [{ what: 'the stored token is refused' }]),
  ];
}

async function takesToken(tenant: QdrantClient, name: string): Promise<boolean> {
  try {
    await tenant.getCollection(name);
    return true;
  } catch (error) {
    if (hasCode(error, 401, 403)) return false;
    throw error;
  }
}

/** The tenants' collections by their metadata, and by the points of their tokens where there is no collection. */
export async function listOwnedCollections(client: QdrantClient, signal: AbortSignal): Promise<OwnedResource[]> {
  const found = new Map<string, OwnedResource>();
  const add = (name: unknown, nonce: unknown) => {
    if (typeof name === 'string' && typeof nonce === 'string') found.set(`${name}/${nonce}`, { name, nonce });
  };
  for (const { name } of (await client.getCollections()).collections) {
    signal.throwIfAborted();
    add(name, (await metadataOf(client, name))?.['freeflowNonce']);
  }
  for (let offset: string | number | undefined; ;) {
    signal.throwIfAborted();
    const { points, next_page_offset: next } = await client.scroll(REGISTRY, {
      limit: PAGE,
      with_payload: ['collection', 'nonce'],
      ...(offset === undefined ? {} : { offset }),
    });
    for (const { payload } of points) add(payload?.['collection'], payload?.['nonce']);
    if (typeof next !== 'string' && typeof next !== 'number') return [...found.values()];
    offset = next;
  }
}
