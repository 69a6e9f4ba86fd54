import type { QdrantClient } from '@qdrant/js-client-rest';
import { BackendFault, hasCode, messageOf } from './failures';
import { REGISTRY } from './qdrant-token';
import { uuidOf } from './uuid';

/** An empty collection of ours which no tenant may reach. */
export const DECOY = 'freeflow_decoy';
const FORBIDDEN = 403;
/** What a token answers whose point is gone. */
const UNAUTHORIZED = 401;

/**
 * As the tenant: writes, reads and removes a point of its own, and is refused with 403 at the decoy, at the
 * registry of tokens, at deleting another's data, at making a collection and at changing its own one's settings.
 */
export async function probeQdrant(tenant: QdrantClient, collection: string, vectorSize: number): Promise<void> {
  // The same every time: what a probe without an answer has left behind the next one removes.
  const id = uuidOf('probe', collection);
  const vector = Array.from({ length: vectorSize }, (_, at) => (at === 0 ? 1 : 0));
  await tenant.upsert(collection, { wait: true, points: [{ id, vector, payload: { freeflowProbe: 42 } }] });
  const [read] = await tenant.retrieve(collection, { ids: [id], with_payload: true });
  await tenant.delete(collection, { wait: true, points: [id] });
  if (read?.payload?.['freeflowProbe'] !== 42) throw new BackendFault('probe-refused', 'Qdrant: the tenant did not read back what it wrote');

  await refused('reading the decoy collection', () => tenant.getCollection(DECOY));
  await refused('reading the registry', () => tenant.scroll(REGISTRY, { limit: 1 }));
  await refused('deleting from the decoy collection', () => tenant.delete(DECOY, { wait: true, points: [id] }));
  await refused('changing its own collection', () => tenant.updateCollection(collection, {}));
  await refused('making a collection', () => tenant.createCollection(`${collection}_probe`, { vectors: {} }));
}

/** Sees the tenant's own token refused. */
export async function refusedQdrant(tenant: QdrantClient, collection: string): Promise<void> {
  try {
    await tenant.getCollection(collection);
  } catch (error) {
    if (hasCode(error, UNAUTHORIZED, FORBIDDEN)) return;
    throw error;
  }
  throw new BackendFault('still-open', 'Qdrant: the tenant still reads its collection');
}

async function refused(what: string, attempt: () => Promise<unknown>): Promise<void> {
  try {
    await attempt();
  } catch (error) {
    if (hasCode(error, FORBIDDEN)) return;
    throw new BackendFault('probe-refused', `Qdrant: ${what} as the tenant ended in ${messageOf(error)}, expected 403`, { cause: error });
  }
  throw new BackendFault('probe-leak', `Qdrant: ${what} as the tenant was not refused`);
}
