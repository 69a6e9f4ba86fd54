import type { Usage } from '@freeflow/contract';
import type { QdrantClient } from '@qdrant/js-client-rest';
import { assertAllAbsent } from '../absence';
import type {
  AbsenceProof,
  AccessState,
  Backend,
  Connection,
  Credential,
  Drift,
  Inspection,
  Created,
  LimitState,
  OwnedResource,
  Notes,
  OnFile,
  PlannedFile,
  Secrets,
  Target,
} from '../backend';
import type { BlueprintFile } from '../blueprint';
import { BackendFault } from '../failures';
import { sideBySide } from '../side-by-side';
import { qdrantConnection } from './address';
import { applyBlueprint, findBlueprintDrift, vectorsIn } from './blueprint';
import { CALL_TIMEOUT_MS, clientFor, collectionInfo, metadataOf } from './client';
import { describeVectors, findQdrantDrift, listOwnedCollections } from './drift';
import { eraseCollection } from './erase-collection';
import { findLimitDrift, readStrictMode, setStrictMode, strictModeOf, type StrictMode } from './limits';
import { probeQdrant, assertTokenRefused } from './probe';
import { snapshotsOf } from './snapshots';
import { mintToken, tokenIdOf } from './token';
import { asAccessState, isErasing, isToken, pointsIn, Registry, versionOf } from './token-registry';

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
  readonly secretNames = ['token'];
  readonly callTimeoutMs = CALL_TIMEOUT_MS;
  private readonly client: QdrantClient;
  private readonly registry: Registry;

  constructor(
    private readonly url: URL,
    private readonly apiKey: string,
    private readonly vectors: VectorSettings,
    /** Where tenants find the server; left out: as we do. */
    private readonly tenantUrl?: string,
  ) {
    this.client = clientFor(url, apiKey);
    this.registry = new Registry(this.client);
  }

  /** Qdrant has no id of its own, so our registry collection is made with one. */
  async serverId(): Promise<string> {
    return `qdrant:${await this.registry.installation()}`;
  }

  async generateSecrets({ name }: { name: string }): Promise<Secrets> {
    return { token: await mintToken(name, this.apiKey) };
  }

  /** Its vectors are those of the blueprint, where that names some: they can't be changed later. */
  async create(target: Target, secrets: Secrets, files: readonly BlueprintFile[] = []): Promise<Created> {
    const metadata = await metadataOf(this.client, target.name);
    const stranger = findForeign(metadata, target);
    if (stranger !== undefined) throw new BackendFault('foreign-resource', `Qdrant: ${stranger}`);
    target.signal.throwIfAborted();
    // The token first: its point carries the nonce too, so that a drop finds it even where the collection was never
    // made.
    await this.registry.register(target, tokenOf(target, secrets));
    await target.announceCall();
    if (metadata === undefined) await this.createCollection(target, vectorsIn(files));
    await this.refuseLeftSnapshots(target);
    return { connection: this.describeConnection() };
  }

  apply(target: Target, files: readonly PlannedFile[], onFile: OnFile): Promise<Notes> {
    return applyBlueprint(this.client, target, files, onFile);
  }

  findBlueprintDrift(target: Target, files: readonly PlannedFile[]): Promise<Drift[]> {
    return findBlueprintDrift(this.client, target, files);
  }

  describeConnection(): Connection {
    return qdrantConnection(this.tenantUrl ?? this.url.href);
  }

  async probe({ name }: Target, secrets: Secrets): Promise<Notes> {
    await probeQdrant(this.asTenant(secrets), name);
    return [];
  }

  async readAccessState({ nonce }: Target): Promise<AccessState> {
    return asAccessState(await this.registry.pointsOf(nonce));
  }

  async isCutBegun({ nonce }: Target): Promise<boolean> {
    return (await this.registry.pointsOf(nonce)).length === 0;
  }

  /** A token is valid for as long as its point stands. */
  async disable({ nonce, signal }: Target): Promise<Notes> {
    signal.throwIfAborted();
    await this.registry.forget(nonce);
    return [];
  }

  /** Of the points that were there those of tokens that are valid no more stay away. */
  async enable(
    target: Target,
    secrets: Secrets,
    before: AccessState | undefined,
    others: readonly Credential[] = [],
  ): Promise<Notes> {
    const tokenId = tokenOf(target, secrets);
    const valid = [target.credential ?? 1, ...others.map(({ version }) => version)];
    const points = pointsIn(before).filter((it) => valid.includes(versionOf(it) ?? valid[0] ?? 1));
    target.signal.throwIfAborted();
    await this.registry.register(target, tokenId, points);
    for (const { version, secrets: its } of others) {
      await target.announceCall();
      await this.registry.register({ ...target, credential: version }, tokenOf(target, its), points);
    }
    return before === undefined || points.some(({ id }) => id === tokenId)
      ? []
      : ['the stored token had been removed from the registry before; it is valid again'];
  }

  async issue(target: Target, next: Credential, current: Credential): Promise<Notes> {
    target.signal.throwIfAborted();
    // By these the one before is found when its time is over; one whose secret is lost by what it was registered with.
    if (current.secrets['token'] !== undefined) {
      await this.registry.noteVersion(target.nonce, tokenOf(target, current.secrets), current.version);
      await target.announceCall();
    }
    await this.registry.register({ ...target, credential: next.version }, tokenOf(target, next.secrets));
    return [];
  }

  async withdraw({ nonce, signal }: Target, version: number): Promise<Notes> {
    signal.throwIfAborted();
    await this.registry.revoke(nonce, version);
    return [];
  }

  /** Tokens have no sessions: each request is looked up anew. */
  retire(target: Target, version: number): Promise<Notes> {
    return this.withdraw(target, version);
  }

  assertRefused(target: Target, secrets: Secrets): Promise<void> {
    return this.assertLockedOut(target, secrets);
  }

  async assertLockedOut({ name }: Target, secrets: Secrets): Promise<void> {
    await assertTokenRefused(this.asTenant(secrets), name);
  }

  async measure({ name }: Target): Promise<Usage> {
    return { points: (await this.client.count(name, { exact: false })).count };
  }

  readLimits({ name }: Target): Promise<LimitState> {
    return readStrictMode(this.client, name);
  }

  async limit({ name, plan, signal }: Target): Promise<Notes> {
    signal.throwIfAborted();
    await setStrictMode(this.client, name, strictModeOf(plan) ?? { enabled: false });
    return [];
  }

  async relimit({ name, signal }: Target, before: LimitState): Promise<Notes> {
    signal.throwIfAborted();
    await setStrictMode(this.client, name, before as StrictMode & LimitState);
    return [];
  }

  async inspect(target: Target): Promise<Inspection> {
    const [metadata, points] = await sideBySide(
      metadataOf(this.client, target.name),
      this.registry.pointsOf(target.nonce),
    );
    const stranger = findForeign(metadata, target);
    if (points.some(isErasing)) return { state: 'ours', partial: 'its erasure has begun' };
    if (metadata !== undefined && stranger === undefined) return { state: 'ours' };
    // Our token's point beside a stranger's collection of that name: ours is only the point.
    if (points.length > 0) return { state: 'ours', partial: stranger ?? `there is no collection ${target.name}` };
    return stranger === undefined ? { state: 'absent' } : { state: 'foreign', owner: stranger };
  }

  drop(target: Target): Promise<Notes> {
    return eraseCollection(
      { client: this.client, registry: this.registry, url: this.url, apiKey: this.apiKey },
      target,
    );
  }

  async proveAbsent({ name, nonce }: Target): Promise<AbsenceProof[]> {
    const [metadata, points] = await sideBySide(metadataOf(this.client, name), this.registry.pointsOf(nonce));
    return assertAllAbsent('Qdrant', [
      [`collection ${name}`, 'name', metadata !== undefined],
      ['a token whose point carries the nonce', 'nonce', points.length > 0],
    ]);
  }

  async findDrift(
    target: Target,
    state: 'present' | 'disabled',
    secrets: Secrets,
    others: readonly Credential[] = [],
  ): Promise<Drift[]> {
    const points = (await this.registry.pointsOf(target.nonce)).filter(isToken);
    const known = [secrets, ...others.map((it) => it.secrets)].map((it) => tokenOf(target, it));
    const isRegistered = state === 'disabled' ? points.length > 0 : points.some(({ id }) => id === known[0]);
    const drift = await findQdrantDrift(
      this.client,
      this.asTenant(secrets),
      target,
      state,
      describeVectors(this.vectors),
      isRegistered,
    );
    const surplus = state === 'disabled' ? [] : points.filter(({ id }) => !known.includes(String(id)));
    return [
      ...drift,
      ...(await findLimitDrift(this.client, target.name, strictModeOf(target.plan))),
      ...surplus.map(({ id }) => ({
        what: `a token is registered (${id}) that belongs to no credential of the ledger`,
      })),
    ];
  }

  listOwned(_names: readonly string[], signal: AbortSignal): Promise<OwnedResource[]> {
    return listOwnedCollections(this.client, signal);
  }

  async close(): Promise<void> {
    // The client holds no connections beyond fetch's own.
  }

  private asTenant(secrets: Secrets): QdrantClient {
    return clientFor(this.url, secrets['token'] ?? '');
  }

  private async createCollection(
    { name, nonce, tenantId, plan, signal }: Target,
    given: ReturnType<typeof vectorsIn>,
  ): Promise<void> {
    signal.throwIfAborted();
    const vectors = given ?? { ...this.vectors, on_disk: true };
    const strict = strictModeOf(plan);
    await this.client.createCollection(name, {
      vectors,
      on_disk_payload: true,
      shard_number: 1,
      ...(strict === undefined ? {} : { strict_mode_config: strict }),
      metadata: { freeflowNonce: nonce, freeflowTenant: tenantId, freeflowVectors: describeVectors(vectors) },
    });
  }

  /**
   * Snapshots outlive their collection, and the user of the next one of that name may read them. Those of a collection
   * just created are another party's; ours, still empty, is dropped again, and with it the proof that its snapshots are
   * ours.
   */
  private async refuseLeftSnapshots({ name, nonce, announceCall }: Target): Promise<void> {
    const { length } = await snapshotsOf(this.client, name);
    if (length === 0 || ((await collectionInfo(this.client, name))?.points_count ?? 0) > 0) return;
    await announceCall();
    await this.client.deleteCollection(name);
    await announceCall();
    await this.registry.forget(nonce);
    throw new BackendFault(
      'foreign-resource',
      `Qdrant: ${length} snapshot(s) of an earlier collection ${name} are left in the server's snapshots folder`,
    );
  }
}

const tokenOf = ({ name }: Target, secrets: Secrets): string => tokenIdOf(secrets['token'] ?? '', name);

/** Names the foreign collection that is in the way; undefined where there is no collection or it is ours. */
function findForeign(metadata: Record<string, unknown> | undefined, { name, nonce }: Target): string | undefined {
  if (metadata === undefined || metadata['freeflowNonce'] === nonce) return undefined;
  return `collection ${name} exists and isn't ours (${metadata['freeflowNonce'] === undefined ? 'no nonce' : 'another nonce'})`;
}
