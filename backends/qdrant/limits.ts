import type { Plan, PlanSection } from '@freeflow/contract/plans';
import type { QdrantClient } from '@qdrant/js-client-rest';
import type { Drift, LimitState } from '../backend';
import { BackendFault } from '../failures';
import { collectionInfo } from './client';

/** The server keeps what an update leaves out, and takes no null: this is as good as no limit. */
const UNLIMITED = Number.MAX_SAFE_INTEGER;

/**
 * Strict mode, by which the server itself refuses what goes beyond. It is a setting of the collection, which a
 * tenant's token may not change: https://qdrant.tech/documentation/guides/administration/#strict-mode
 */
const FIELDS = {
  max_points_count: 'points',
  max_collection_vector_size_bytes: 'vectors',
  max_collection_payload_size_bytes: 'payload',
  upsert_max_batchsize: 'upsertBatch',
  max_query_limit: 'queryLimit',
  max_timeout: 'queryTimeout',
  read_rate_limit: 'readsPerMinute',
  write_rate_limit: 'writesPerMinute',
} as const satisfies Record<string, keyof PlanSection<'qdrant'>>;

type Field = keyof typeof FIELDS;

/** The strict mode of a collection: what is not here is not limited. */
export type StrictMode = Partial<Record<Field, number>> & { enabled: boolean };

/** What a plan sets; undefined where there is no plan: then strict mode is left as the server has it. */
export function strictModeOf(plan: Plan | undefined): StrictMode | undefined {
  if (plan === undefined) return undefined;
  const limits = Object.entries(FIELDS).flatMap(([field, name]) => {
    const value = plan.qdrant?.[name];
    return value === undefined ? [] : [[field, name === 'queryTimeout' ? Math.ceil(value / 1_000) : value]];
  });
  return { enabled: limits.length > 0, ...(Object.fromEntries(limits) as Partial<Record<Field, number>>) };
}

/** The strict mode as it is. @throws BackendFault `missing-resource` */
export async function readStrictMode(client: QdrantClient, name: string): Promise<StrictMode & LimitState> {
  const info = await collectionInfo(client, name);
  if (info === undefined) throw new BackendFault('missing-resource', `Qdrant: there is no collection ${name}`);
  const has: Readonly<Record<string, unknown>> = { ...info.config.strict_mode_config };
  const limits = Object.keys(FIELDS).flatMap((field) => {
    const value = has[field];
    return typeof value === 'number' && value < UNLIMITED ? [[field, value]] : [];
  });
  return { enabled: has['enabled'] === true, ...(Object.fromEntries(limits) as Partial<Record<Field, number>>) };
}

/** Sets it so, and nothing else of it. */
export async function setStrictMode(client: QdrantClient, name: string, shall: StrictMode): Promise<void> {
  const { enabled, ...limits } = shall;
  const all = Object.fromEntries(Object.keys(FIELDS).map((it) => [it, limits[it as Field] ?? UNLIMITED]));
  await client.updateCollection(name, { strict_mode_config: { ...all, enabled } });
}

export async function findLimitDrift(
  client: QdrantClient,
  name: string,
  shall: StrictMode | undefined,
): Promise<Drift[]> {
  if (shall === undefined) return [];
  const has = await readStrictMode(client, name);
  const fields = Object.keys(FIELDS) as Field[];
  // Whether it is enabled says nothing while it limits nothing.
  const inForce = (mode: StrictMode, field: Field) => (mode.enabled ? mode[field] : undefined);
  return fields
    .filter((it) => inForce(has, it) !== inForce(shall, it))
    .map((it) => ({
      what: `${it} of its strict mode is ${inForce(has, it) ?? 'not set'}, should be ${inForce(shall, it) ?? 'not set'}`,
      repair: 'limits',
    }));
}
