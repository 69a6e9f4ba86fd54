import type { QdrantClient } from '@qdrant/js-client-rest';
import { z } from 'zod';
import type { Drift, Notes, OnFile, PlannedFile, Target } from '../backend';
import {
  applyEach,
  driftOf,
  isWithin,
  jsonIn,
  mendAll,
  problemsIn,
  refusedFault,
  type BlueprintFile,
  type BlueprintForm,
  type Difference,
  type Refusals,
} from '../blueprint';
import { describeVectors } from './drift';

const FIELD_TYPES = ['keyword', 'integer', 'float', 'geo', 'text', 'bool', 'datetime', 'uuid'] as const;
const vector = z.strictObject({
  size: z.number().int().min(1).max(65_536),
  distance: z.enum(['Cosine', 'Dot', 'Euclid', 'Manhattan']),
});

const form = z.strictObject({
  /** One kind, or several by their names; when the collection is made. */
  vectors: z.union([vector, z.record(z.string().regex(/^[\w-]{1,60}$/), vector)]).optional(),
  payloadIndexes: z
    .array(
      z.strictObject({
        field: z.string().min(1).max(200),
        type: z.enum(FIELD_TYPES),
        isTenant: z.boolean().optional(),
      }),
    )
    .max(100)
    .optional(),
  quantization: z
    .union([
      z.strictObject({
        scalar: z.strictObject({
          type: z.literal('int8'),
          quantile: z.number().min(0.5).max(1).optional(),
          always_ram: z.boolean().optional(),
        }),
      }),
      z.strictObject({
        product: z.strictObject({
          compression: z.enum(['x4', 'x8', 'x16', 'x32', 'x64']),
          always_ram: z.boolean().optional(),
        }),
      }),
      z.strictObject({ binary: z.strictObject({ always_ram: z.boolean().optional() }) }),
    ])
    .optional(),
});

const PATH = 'qdrant.json';
const REFUSALS: Refusals = { server: 'Qdrant', codes: [400, 422] };

/** What a blueprint says of Qdrant: one file. */
export const BLUEPRINT_FORM: BlueprintForm = {
  paths: /^qdrant\.json$/,
  pathsShown: PATH,
  isOnce: () => false,
  check: (file) => problemsIn(file, form),
  findContradiction: (before, now) =>
    shownVectors(before) === shownVectors(now)
      ? undefined
      : `its vectors were ${shownVectors(before)}: those of a collection that is there can't be changed`,
};

const shownVectors = (file: BlueprintFile): string => {
  const { vectors } = jsonIn(file, form);
  return vectors === undefined ? 'those of the configuration' : describeVectors(vectors);
};

/** With which vectors a collection is made; nothing where the blueprint leaves that to the configuration. */
export function vectorsIn(files: readonly BlueprintFile[]) {
  const [file] = files;
  const { vectors } = file === undefined ? {} : jsonIn(file, form);
  if (vectors === undefined) return undefined;
  const isOne = typeof vectors['size'] === 'number';
  return isOne
    ? { ...(vectors as z.output<typeof vector>), on_disk: true }
    : Object.fromEntries(
        Object.entries(vectors as Record<string, z.output<typeof vector>>).map(([name, it]) => [
          name,
          { ...it, on_disk: true },
        ]),
      );
}

export const applyBlueprint = (
  client: QdrantClient,
  target: Target,
  files: readonly PlannedFile[],
  onFile: OnFile,
): Promise<Notes> =>
  applyEach(files, onFile, async (file) =>
    mendAll(target, file.path, await findDifferences(client, target, file), REFUSALS),
  );

export const findBlueprintDrift = (
  client: QdrantClient,
  target: Target,
  files: readonly PlannedFile[],
): Promise<Drift[]> => driftOf(files, (file) => findDifferences(client, target, file));

/** @throws BackendFault `blueprint-refused` where the collection has other vectors, or a field another index */
async function findDifferences(client: QdrantClient, { name }: Target, file: PlannedFile): Promise<Difference[]> {
  const { payloadIndexes = [], quantization, vectors } = jsonIn(file, form);
  const { config, payload_schema: indexed } = await client.getCollection(name);
  const has = describeVectors((config.params.vectors ?? {}) as Record<string, unknown>);
  if (vectors !== undefined && has !== describeVectors(vectors))
    throw refusedFault('Qdrant', file.path, `the collection was made with vectors ${has}, which can't be changed`);
  const lacking = payloadIndexes.flatMap(({ field, type, isTenant }): Difference[] => {
    const found = indexed[field]?.data_type;
    if (found === type) return [];
    if (found !== undefined)
      throw refusedFault('Qdrant', file.path, `field ${field} has an index of ${found} already, not of ${type}`);
    const schema = isTenant === true && type === 'keyword' ? { type, is_tenant: true } : type;
    return [
      {
        what: `the ${type} index of field ${field} is missing`,
        mend: () => client.createPayloadIndex(name, { field_name: field, field_schema: schema, wait: true }),
      },
    ];
  });
  if (quantization === undefined || isWithin(quantization, config.quantization_config)) return lacking;
  return [
    ...lacking,
    {
      what: 'its quantization is another one',
      mend: () => client.updateCollection(name, { quantization_config: quantization }),
    },
  ];
}
