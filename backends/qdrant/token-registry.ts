import { randomUUID } from 'node:crypto';
import { UUID_NAMESPACE } from '@freeflow/contract';
import type { QdrantClient } from '@qdrant/js-client-rest';
import { v5 as uuidV5 } from 'uuid';
import type { AccessState, Target } from '../backend';
import { BackendFault, hasCode } from '../failures';
import { sideBySide } from '../side-by-side';
import { collectionInfo } from './client';
import { REGISTRY, TOKEN_KEY } from './token';

/** An empty collection of ours which no tenant may reach. */
export const DECOY = 'freeflow_decoy';
const NONCE = 'nonce';
const ERASING = 'erasing';
const VERSION = 'version';
/** What is filtered by must be indexed: a server in strict mode refuses it otherwise. */
const INDEXED = [TOKEN_KEY, NONCE];
/** Ours have a fixed size and use, independent of the server's default for the tenants'. */
const NOT_STRICT = { strict_mode_config: { enabled: false } };
/** More tokens than a tenant ever has: one, and those of a rotation. */
const POINTS_MAX = 100;

export interface RegistryPoint {
  id: string | number;
  payload: Record<string, unknown>;
}

/**
 * The collection that decides which tokens are valid: one point per token, with the nonce of what it opens. A point
 * without a token stands for a collection that is being erased.
 */
export class Registry {
  constructor(private readonly client: QdrantClient) {}

  /** The id that was given to this server with its registry; makes what of ours is missing there. */
  async installation(): Promise<string> {
    const [info, decoy] = await sideBySide(collectionInfo(this.client, REGISTRY), collectionInfo(this.client, DECOY));
    if (info === undefined) {
      await this.createCollection(REGISTRY, { installation: randomUUID() });
      return this.installation();
    }
    await this.ensureSettings(info);
    if (decoy === undefined) await this.createCollection(DECOY, {});
    return String(info.config.metadata?.['installation']);
  }

  /** All points that carry a nonce. */
  async pointsOf(nonce: string): Promise<RegistryPoint[]> {
    try {
      const { points } = await this.client.scroll(REGISTRY, {
        filter: byNonce(nonce),
        limit: POINTS_MAX,
        with_payload: true,
      });
      return points.map(({ id, payload }) => ({ id, payload: { ...payload } }));
    } catch (error) {
      if (hasCode(error, 404)) return [];
      throw error;
    }
  }

  /** Registers a token, with what its point held before besides, and the tenant's other tokens of then. */
  async register(
    { name, nonce, tenantId, credential = 1 }: Target,
    tokenId: string,
    before: readonly RegistryPoint[] = [],
  ): Promise<void> {
    const own = before.find(({ id }) => id === tokenId)?.payload;
    const others = before.filter(({ id }) => id !== tokenId);
    const version = credential === 1 ? {} : { [VERSION]: credential };
    const points = [
      ...others,
      {
        id: tokenId,
        payload: { ...own, ...version, [TOKEN_KEY]: tokenId, collection: name, [NONCE]: nonce, tenantId },
      },
    ];
    await this.client.upsert(REGISTRY, { wait: true, points: points.map((it) => ({ ...it, vector: {} })) });
  }

  /** Notes on a token's point which version of the credential it is; without effect where there is no such point. */
  async noteVersion(nonce: string, tokenId: string, version: number): Promise<void> {
    await this.client.setPayload(REGISTRY, {
      wait: true,
      payload: { [VERSION]: version },
      filter: { must: [...byNonce(nonce).must, { has_id: [tokenId] }] },
    });
  }

  /** Makes the tokens of one version invalid at once; all others of the nonce stay. */
  async revoke(nonce: string, version: number): Promise<void> {
    const ids = (await this.pointsOf(nonce)).filter((it) => versionOf(it) === version).map(({ id }) => id);
    if (ids.length > 0) await this.client.delete(REGISTRY, { wait: true, points: ids });
  }

  /** Makes all tokens of a nonce invalid at once, and forgets that anything of it was here. */
  async forget(nonce: string): Promise<void> {
    await this.client.delete(REGISTRY, { wait: true, filter: byNonce(nonce) });
  }

  /** Makes all tokens of a nonce invalid at once, and records that its collection and what belongs to it has to go. */
  async startErasure({ name, nonce, tenantId }: Target, announceCall: () => Promise<void>): Promise<void> {
    const id = erasureId(nonce);
    await this.client.upsert(REGISTRY, {
      wait: true,
      points: [{ id, vector: {}, payload: { [ERASING]: true, collection: name, [NONCE]: nonce, tenantId } }],
    });
    await announceCall();
    await this.client.delete(REGISTRY, { wait: true, filter: { ...byNonce(nonce), must_not: [{ has_id: [id] }] } });
  }

  private async createCollection(name: string, metadata: Record<string, string>): Promise<void> {
    await this.client.createCollection(name, { vectors: {}, metadata, ...NOT_STRICT }).catch((error: unknown) => {
      if (!hasCode(error, 409)) throw error;
    });
  }

  /**
   * A registry that was made by an older version, or whose index an attempt before this one couldn't make, is finished.
   */
  private async ensureSettings({
    config,
    payload_schema: indexes,
  }: NonNullable<Awaited<ReturnType<typeof collectionInfo>>>): Promise<void> {
    if (config.strict_mode_config?.enabled === true) await this.client.updateCollection(REGISTRY, NOT_STRICT);
    for (const field of INDEXED) {
      if (indexes[field] === undefined)
        await this.client.createPayloadIndex(REGISTRY, { wait: true, field_name: field, field_schema: 'keyword' });
    }
  }
}

const byNonce = (nonce: string) => ({ must: [{ key: NONCE, match: { value: nonce } }] });

/** Fixed, so that an attempt after this one writes the same point. No token has it: those are random. */
const erasureId = (nonce: string): string => uuidV5(`erasing/${nonce}`, UUID_NAMESPACE);

export const isToken = ({ payload }: RegistryPoint): boolean => typeof payload[TOKEN_KEY] === 'string';
export const isErasing = ({ payload }: RegistryPoint): boolean => payload[ERASING] === true;

/** Which version of the credential a token is; without one it is the first: all others are registered with theirs. */
export const versionOf = (point: RegistryPoint): number | undefined => {
  const version = point.payload[VERSION];
  if (typeof version === 'number') return version;
  return isToken(point) ? 1 : undefined;
};

/** The points as the ledger keeps them while the tenant is cut off. */
export const asAccessState = (points: readonly RegistryPoint[]): AccessState => ({
  points: JSON.parse(JSON.stringify(points)) as [],
});

/** @throws BackendFault `unexpected` when it isn't what `asAccessState` gives */
export function pointsIn(state: AccessState | undefined): RegistryPoint[] {
  const points = state?.['points'] ?? [];
  if (!Array.isArray(points))
    throw new BackendFault('unexpected', 'Qdrant: the ledger has no points of the registry that can be restored');
  return points.map((it) => it as unknown as RegistryPoint);
}
