import { setTimeout as delay } from 'node:timers/promises';
import type { QdrantClient } from '@qdrant/js-client-rest';
import type { Notes, Target } from '../backend';
import { BackendFault, hasCode } from '../failures';
import { sideBySide } from '../side-by-side';
import { metadataOf } from './client';
import { runningSnapshots, snapshotsOf } from './snapshots';
import { type Registry, isErasing } from './token-registry';

const LOOK_EVERY_MS = 100;
const CLEAN_LOOKS = 2;
/** A snapshot of a large collection takes minutes; the step comes again. */
const SNAPSHOT_WAIT_MS = 15_000;

interface Server {
  client: QdrantClient;
  registry: Registry;
  url: URL;
  apiKey: string;
}

/**
 * Erases a collection of ours, also while it is being written to: first no token counts any more, then the snapshots in
 * progress are waited for, then the data goes, then the snapshots, which outlive their collection. The registry's note
 * goes last, so that an attempt after this one knows that there may be something left, and that it is ours.
 */
export async function eraseCollection(server: Server, target: Target): Promise<Notes> {
  const { client, registry } = server;
  const { name, nonce, signal, announceCall } = target;
  const [metadata, points, { aliases }] = await sideBySide(
    metadataOf(client, name),
    registry.pointsOf(nonce),
    client.getAliases(),
  );
  const isOurs = metadata?.['freeflowNonce'] === nonce;
  signal.throwIfAborted();
  let notes: Notes = [];
  if (isOurs || points.some(isErasing)) {
    const alias = aliases.find((it) => it.alias_name === name);
    if (alias !== undefined)
      throw new BackendFault(
        'changed-resource',
        `Qdrant: ${name} has become an alias of collection ${alias.collection_name}; delete the alias, and that collection if it is the tenant's`,
      );
    await registry.startErasure(target, announceCall);
    if (isOurs) await deleteCollection(server, target);
    notes = await sweepSnapshots(server, target);
    await announceCall();
  }
  await registry.forget(nonce);
  return notes;
}

/** Qdrant answers a deletion only once the snapshots in progress are done, later than we would wait. */
async function deleteCollection(server: Server, { name, announceCall }: Target): Promise<void> {
  for (
    const end = performance.now() + SNAPSHOT_WAIT_MS;
    (await runningSnapshots(server, name)) > 0;
    await delay(LOOK_EVERY_MS)
  ) {
    if (performance.now() > end)
      throw new BackendFault(
        'still-there',
        `Qdrant: a snapshot of ${name} is in progress, which can't be stopped; its collection is deleted once it is done`,
      );
  }
  await announceCall();
  await server.client.deleteCollection(name);
}

/** Snapshots are listed only below a collection that exists: so an empty one of ours stands there meanwhile. */
async function sweepSnapshots(server: Server, target: Target): Promise<Notes> {
  const { client } = server;
  const { name, nonce, tenantId, signal, announceCall } = target;
  await announceCall();
  const metadata = { freeflowNonce: nonce, freeflowTenant: tenantId };
  await client
    .createCollection(name, { vectors: {}, shard_number: 1, metadata, strict_mode_config: { enabled: false } })
    .catch((error: unknown) => {
      if (!hasCode(error, 409)) throw error;
    });
  if ((await metadataOf(client, name))?.['freeflowNonce'] !== nonce)
    return [`a collection ${name} that isn't ours was created meanwhile, and was left alone`];
  let removed = 0;
  for (let clean = 0; ;) {
    signal.throwIfAborted();
    const isBusy = (await runningSnapshots(server, name)) > 0;
    const found = await snapshotsOf(client, name);
    clean = isBusy || found.length > 0 ? 0 : clean + 1;
    for (const remove of found) {
      await announceCall();
      await remove();
      removed++;
    }
    if (clean === CLEAN_LOOKS) break;
    await delay(LOOK_EVERY_MS);
  }
  await announceCall();
  await client.deleteCollection(name);
  return removed === 0 ? [] : [`${removed} snapshot(s) of it were deleted with it`];
}
