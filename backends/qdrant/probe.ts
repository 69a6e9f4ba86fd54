import { randomUUID } from 'node:crypto';
import type { QdrantClient } from '@qdrant/js-client-rest';
import { BackendFault, hasCode, messageOf } from '../failures';
import { expectRefusal, type RefusalRule } from '../refusal';
import { FAILURE_CODES } from './failure-codes';
import { REGISTRY } from './token';
import { DECOY } from './token-registry';

const FORBIDDEN = 403;
/** What a token answers whose point is gone. */
const UNAUTHORIZED = 401;
/** The answer to an account that may create collections, for one that exists. */
const CONFLICT = 409;

export const QDRANT_REFUSAL: RefusalRule = {
  server: 'Qdrant',
  refusals: [FORBIDDEN],
  failures: FAILURE_CODES,
  isLetThrough: (error) => hasCode(error, CONFLICT),
  otherwise: 'probe-refused',
};

/**
 * As the tenant: may read and write its own collection, and is refused with 403 at the decoy, at the registry of
 * tokens, at deleting another's data, at making a collection and at changing its own one's settings. Changes nothing,
 * even where it isn't refused: the right to write is seen by deleting a point of a random id, which does not exist.
 */
export async function probeQdrant(tenant: QdrantClient, collection: string): Promise<void> {
  const unusedIds = [randomUUID()];
  await assertAllowed('reading its own points', () =>
    tenant.retrieve(collection, { ids: unusedIds, with_payload: false }),
  );
  await assertAllowed('writing to its own collection', () =>
    tenant.delete(collection, { wait: true, points: unusedIds }),
  );

  await expectRefusal(QDRANT_REFUSAL, 'reading the decoy collection', () => tenant.getCollection(DECOY));
  await expectRefusal(QDRANT_REFUSAL, 'reading the registry', () => tenant.scroll(REGISTRY, { limit: 1 }));
  await expectRefusal(QDRANT_REFUSAL, 'deleting from the decoy collection', () =>
    tenant.delete(DECOY, { wait: true, points: unusedIds }),
  );
  await expectRefusal(QDRANT_REFUSAL, 'changing its own collection', () => tenant.updateCollection(collection, {}));
  // It is there already, so nothing is made even by a token that may.
  await expectRefusal(QDRANT_REFUSAL, 'creating a collection', () => tenant.createCollection(DECOY, { vectors: {} }));
}

/** Sees the tenant's own token refused. */
export async function assertTokenRefused(tenant: QdrantClient, collection: string): Promise<void> {
  try {
    await tenant.getCollection(collection);
  } catch (error) {
    if (hasCode(error, UNAUTHORIZED, FORBIDDEN)) return;
    throw error;
  }
  throw new BackendFault('still-open', 'Qdrant: the tenant still reads its collection');
}

// As the provisioner's own it would be its credentials that are blamed.
async function assertAllowed(what: string, attempt: () => Promise<unknown>): Promise<void> {
  try {
    await attempt();
  } catch (error) {
    if (!hasCode(error, UNAUTHORIZED, FORBIDDEN)) throw error;
    throw new BackendFault('probe-refused', `Qdrant: ${what} as the tenant was refused: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
