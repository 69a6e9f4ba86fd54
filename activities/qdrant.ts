import { randomUUID } from 'node:crypto';
import { QdrantClient } from '@qdrant/js-client-rest';
import { allAbsent } from './absence';
import type { Absence, Backend, Connection, Difference, Inspection, Made, Marked, Notes, Secrets, Target } from './backend';
import { BackendFault, hasCode } from './failures';
import { qdrantConnection } from './qdrant-address';
import { DECOY, probeQdrant, refusedQdrant } from './qdrant-probe';
import { inWords, qdrantDifferences, qdrantMarks } from './qdrant-state';
import { REGISTRY, TOKEN_KEY, mintToken, tokenIdOf } from './qdrant-token';

const CALL_TIMEOUT_MS = 20_000;
const ONLY_SHARD = 0;

/** Size of the tenants' vectors and how they are compared; the same for every tenant. */
export interface VectorSettings {
  size: number;
  distance: 'Cosine' | 'Dot' | 'Euclid' | 'Manhattan';
}

/**
 * A collection per tenant, whose metadata carries the nonce, and a token for that collection alone. Tenants can't
 * change metadata: that needs rights over the whole collection. Qdrant has no narrower provisioner than its API key.
 */
export class QdrantBackend implements Backend {
  readonly kind = 'qdrant';
  readonly callTimeoutMs = CALL_TIMEOUT_MS;
  readonly probeWrites = true;
  private readonly client: QdrantClient;

  constructor(
    private readonly url: URL,
    private readonly apiKey: string,
    private readonly vectors: VectorSettings,
    /** Where tenants find the server; left out: as we do. */
    private readonly tenantUrl?: string,
  ) {
    this.client = clientFor(url, apiKey);
  }

  /** Qdrant has no id of its own, so our registry collection is made with one. */
  async serverId(): Promise<string> {
    const registry = await this.metadataOf(REGISTRY);
    if (registry) {
      await this.ensureCollection(DECOY, {});
      return `qdrant:${String(registry['installation'])}`;
    }
    await this.ensureCollection(REGISTRY, { installation: randomUUID() });
    return this.serverId();
  }

  async newSecrets({ name }: { name: string }): Promise<Secrets> {
    return { token: await mintToken(name, this.apiKey) };
  }

  async create(target: Target, secrets: Secrets): Promise<Made> {
    const metadata = await this.metadataOf(target.name);
    const stranger = strangerIn(metadata, target);
    if (stranger !== undefined) throw new BackendFault('foreign-resource', `Qdrant: ${stranger}`);
    // The token first: its point carries the nonce too, so that a drop finds it even where the collection was never made.
    await this.enable(target, secrets);
    if (metadata === undefined) {
      await this.createCollection(target);
      await this.refuseLeftSnapshots(target.name);
    }
    return { connection: this.connectionOf() };
  }

  connectionOf(): Connection {
    return qdrantConnection(this.tenantUrl ?? this.url.href);
  }

  async probe({ name }: Target, secrets: Secrets): Promise<void> {
    await probeQdrant(clientFor(this.url, secrets['token'] ?? ''), name, this.vectors.size);
  }

  async disable({ nonce, signal }: Target): Promise<Notes> {
    signal.throwIfAborted();
    await this.client.delete(REGISTRY, { wait: true, filter: byNonce(nonce) });
    return [];
  }

  /** Registers the token: it is valid for as long as its point stands. */
  async enable({ name, nonce, tenantId, signal }: Target, secrets: Secrets): Promise<Notes> {
    const tokenId = tokenIdOf(secrets['token'] ?? '', name);
    const payload = { [TOKEN_KEY]: tokenId, collection: name, nonce, tenantId };
    signal.throwIfAborted();
    await this.client.upsert(REGISTRY, { wait: true, points: [{ id: tokenId, vector: {}, payload }] });
    return [];
  }

  async refused({ name }: Target, secrets: Secrets): Promise<void> {
    await refusedQdrant(clientFor(this.url, secrets['token'] ?? ''), name);
  }

  async inspect(target: Target): Promise<Inspection> {
    const metadata = await this.metadataOf(target.name);
    const stranger = strangerIn(metadata, target);
    if (metadata !== undefined && stranger === undefined) return { state: 'ours' };
    // Our token's point beside a stranger's collection of that name: ours is only the point.
    if (await this.hasPoint(target.nonce)) return { state: 'ours', only: stranger ?? `there is no collection ${target.name}` };
    return stranger === undefined ? { state: 'absent' } : { state: 'foreign', owner: stranger };
  }

  async drop(target: Target): Promise<Notes> {
    const { name, nonce, signal } = target;
    const isOurs = (await this.metadataOf(name))?.['freeflowNonce'] === nonce;
    await this.disable(target);
    signal.throwIfAborted();
    if (!isOurs) return [];
    for (const remove of await this.snapshotsOf(name)) await remove();
    await this.client.deleteCollection(name);
    return [];
  }

  async absence({ name, nonce }: Target): Promise<Absence[]> {
    return allAbsent('Qdrant', [
      [`collection ${name}`, 'name', (await this.metadataOf(name)) !== undefined],
      ['a token whose point carries the nonce', 'nonce', await this.hasPoint(nonce)],
    ]);
  }

  async differences(target: Target, state: 'present' | 'disabled', secrets: Secrets): Promise<Difference[]> {
    return qdrantDifferences(this.client, clientFor(this.url, secrets['token'] ?? ''), target, state, inWords(this.vectors), await this.hasPoint(target.nonce));
  }

  marked(_names: readonly string[], signal: AbortSignal): Promise<Marked[]> {
    return qdrantMarks(this.client, (name) => this.metadataOf(name), signal);
  }

  async close(): Promise<void> {
    // The client holds no connections beyond fetch's own.
  }

  private async createCollection({ name, nonce, tenantId, signal }: Target): Promise<void> {
    signal.throwIfAborted();
    const settings = { vectors: { ...this.vectors, on_disk: true }, on_disk_payload: true, shard_number: 1 };
    await this.client.createCollection(name, { ...settings, metadata: { freeflowNonce: nonce, freeflowTenant: tenantId, freeflowVectors: inWords(this.vectors) } });
  }

  /**
   * Snapshots outlive their collection, and whoever may use the next one of that name may read them. Those of a collection
   * just made are somebody else's; ours, still empty, is taken away again.
   */
  private async refuseLeftSnapshots(name: string): Promise<void> {
    const { length } = await this.snapshotsOf(name);
    if (length === 0) return;
    await this.client.deleteCollection(name);
    throw new BackendFault('foreign-resource', `Qdrant: ${length} snapshot(s) of an earlier collection ${name} are left in the server's snapshots folder`);
  }

  /** How to remove each snapshot of a collection, of the whole as of its one shard. */
  private async snapshotsOf(name: string): Promise<(() => Promise<unknown>)[]> {
    const [whole, ofShard] = await Promise.all([this.client.listSnapshots(name), this.client.listShardSnapshots(name, ONLY_SHARD)]);
    return [
      ...whole.map((it) => () => this.client.deleteSnapshot(name, it.name)),
      ...ofShard.map((it) => () => this.client.deleteShardSnapshot(name, ONLY_SHARD, it.name, { wait: true })),
    ];
  }

  private async ensureCollection(name: string, metadata: Record<string, string>): Promise<void> {
    if (await this.metadataOf(name)) return;
    await this.client.createCollection(name, { vectors: {}, metadata }).catch((error: unknown) => {
      if (!hasCode(error, 409)) throw error;
    });
    if (name === REGISTRY) await this.client.createPayloadIndex(REGISTRY, { wait: true, field_name: TOKEN_KEY, field_schema: 'keyword' });
  }

  /** The metadata of a collection, empty where it has none, nothing where there is no such collection. */
  private async metadataOf(name: string): Promise<Record<string, unknown> | undefined> {
    try {
      const { config } = await this.client.getCollection(name);
      return config.metadata ?? {};
    } catch (error) {
      if (hasCode(error, 404)) return undefined;
      throw error;
    }
  }

  private async hasPoint(nonce: string): Promise<boolean> {
    try {
      const { count } = await this.client.count(REGISTRY, { exact: true, filter: byNonce(nonce) });
      return count > 0;
    } catch (error) {
      if (hasCode(error, 404)) return false;
      throw error;
    }
  }
}

/** Says who stands in the way, or nothing where there is no collection or it is ours. */
function strangerIn(metadata: Record<string, unknown> | undefined, { name, nonce }: Target): string | undefined {
  if (metadata === undefined || metadata['freeflowNonce'] === nonce) return undefined;
  return `collection ${name} exists and isn't ours (${metadata['freeflowNonce'] === undefined ? 'no mark' : 'another mark'})`;
}

const byNonce = (nonce: string) => ({ must: [{ key: 'nonce', match: { value: nonce } }] });

const portOf = (url: URL): number => Number(url.port || (url.protocol === 'https:' ? 443 : 6333));

export function clientFor(url: URL, apiKey: string): QdrantClient {
  return new QdrantClient({ url: url.origin, port: portOf(url), apiKey, timeout: CALL_TIMEOUT_MS, checkCompatibility: false });
}
