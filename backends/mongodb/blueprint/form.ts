import { z } from 'zod';
import { jsonIn, problemsIn, type BlueprintFile, type BlueprintForm } from '../../blueprint';

const document = z.record(z.string(), z.unknown());
const direction = z.union([
  z.literal(1),
  z.literal(-1),
  z.enum(['text', 'hashed', '2d', '2dsphere'], 'must be 1, -1, text, hashed, 2d or 2dsphere'),
]);

const index = z.strictObject({
  key: z.record(z.string(), direction).refine((it) => Object.keys(it).length > 0, 'must name a field'),
  name: z.string().min(1).max(120).optional(),
  unique: z.boolean().optional(),
  sparse: z.boolean().optional(),
  partialFilterExpression: document.optional(),
  expireAfterSeconds: z.number().int().min(0).optional(),
  collation: document.optional(),
  weights: document.optional(),
  default_language: z.string().optional(),
});

/** One collection, which is called like its file. */
const collectionForm = z.strictObject({
  validator: document.optional(),
  validationLevel: z.enum(['off', 'strict', 'moderate']).optional(),
  validationAction: z.enum(['error', 'warn']).optional(),
  /** Of its making alone: these can't be changed later. */
  options: z
    .strictObject({
      capped: z.boolean().optional(),
      size: z.number().int().min(1).optional(),
      max: z.number().int().min(1).optional(),
      collation: document.optional(),
      timeseries: document.optional(),
      expireAfterSeconds: z.number().int().min(0).optional(),
    })
    .optional(),
  indexes: z.array(index).max(60).optional(),
});

export type CollectionForm = z.output<typeof collectionForm>;
export type IndexForm = z.output<typeof index>;

const PATHS = /^mongodb\/(?!system\.)([A-Za-z_][\w-]{0,100})\.json$/;

export const collectionNameOf = ({ path }: Pick<BlueprintFile, 'path'>): string => PATHS.exec(path)?.[1] ?? '';

export const collectionIn = (file: BlueprintFile): CollectionForm => jsonIn(file, collectionForm);

/** What a blueprint says of MongoDB: a file a collection. */
export const BLUEPRINT_FORM: BlueprintForm = {
  paths: PATHS,
  pathsShown: 'mongodb/COLLECTION.json',
  isOnce: () => false,
  check: (file) => problemsIn(file, collectionForm),
};
