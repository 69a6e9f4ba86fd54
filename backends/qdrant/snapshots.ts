import type { QdrantClient } from '@qdrant/js-client-rest';
import { hasCode } from '../failures';
import { addressOf } from './client';

const ONLY_SHARD = 0;
const METRICS_TIMEOUT_MS = 5_000;

/** How to remove each snapshot of a collection, of the whole as of its one shard. */
export async function snapshotsOf(client: QdrantClient, name: string): Promise<(() => Promise<unknown>)[]> {
  const [whole, ofShard] = await Promise.all([client.listSnapshots(name), client.listShardSnapshots(name, ONLY_SHARD)]);
  return [
    ...whole.map((it) => () => ignoreNotFound(client.deleteSnapshot(name, it.name))),
    ...ofShard.map((it) => () => ignoreNotFound(client.deleteShardSnapshot(name, ONLY_SHARD, it.name, { wait: true }))),
  ];
}

async function ignoreNotFound(removal: Promise<unknown>): Promise<void> {
  await removal.catch((error: unknown) => {
    if (!hasCode(error, 404)) throw error;
  });
}

/**
 * How many snapshots of a collection are in progress, of the whole as of its shards. Qdrant reports that in its metrics
 * alone; where those are not to be had, as behind some proxies, it is none, and what comes of them is found by looking
 * again.
 */
export async function runningSnapshots({ url, apiKey }: { url: URL; apiKey: string }, name: string): Promise<number> {
  const response = await fetch(addressOf(url, '/metrics'), {
    headers: { 'api-key': apiKey },
    signal: AbortSignal.timeout(METRICS_TIMEOUT_MS),
  });
  const metrics = response.ok ? await response.text() : '';
  const [, running = '0'] = new RegExp(`^snapshot_creation_running\\{id="${name}"\\} (\\d+)$`, 'm').exec(metrics) ?? [];
  return Number(running);
}
