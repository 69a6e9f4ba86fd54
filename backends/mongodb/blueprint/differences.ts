import { isDeepStrictEqual } from 'node:util';
import type { Db, Document } from 'mongodb';
import { refusedFault, type BlueprintFile, type Difference } from '../../blueprint';
import { hasCode } from '../../failures';
import { runRead, runWrite, SERVER_LIMIT_MS } from '../commands';
import { collectionIn, collectionNameOf, type CollectionForm, type IndexForm } from './form';

const NO_SUCH_COLLECTION = 26;
const RULES = ['validator', 'validationLevel', 'validationAction'] as const;
/** What the server takes where a collection says nothing. */
const STANDARD = { validator: undefined, validationLevel: 'strict', validationAction: 'error' } as const;

/**
 * What a file says of its collection and is not there. Never data: what is there already stays, and of it only the
 * rules of validation change.
 * @throws BackendFault `blueprint-refused` where something else has that name
 */
export async function findDifferences(db: Db, file: BlueprintFile, signal: AbortSignal): Promise<Difference[]> {
  const [name, form] = [collectionNameOf(file), collectionIn(file)];
  const [found] = await db.listCollections({ name }, { signal, maxTimeMS: SERVER_LIMIT_MS }).toArray();
  if (found !== undefined && found.type === 'view')
    throw refusedFault('MongoDB', file.path, `${name} is a view, made by the tenant or by hand`);
  const making: Difference[] =
    found === undefined
      ? [{ what: `collection ${name} is missing`, mend: () => runWrite(db, makingOf(name, form), signal) }]
      : ruleDifferences(db, name, form, (found as { options?: Document }).options ?? {}, signal);
  return [...making, ...(await indexDifferences(db, name, form, file, signal))];
}

const makingOf = (name: string, { options = {}, indexes: _indexes, ...rules }: CollectionForm): Document => ({
  create: name,
  ...options,
  ...rules,
});

/** What the file leaves out is the tenant's own affair. */
function ruleDifferences(
  db: Db,
  name: string,
  form: CollectionForm,
  options: Document,
  signal: AbortSignal,
): Difference[] {
  const changed = RULES.filter(
    (it) => form[it] !== undefined && !isDeepStrictEqual(plain(form[it]), plain(options[it] ?? STANDARD[it])),
  );
  if (changed.length === 0) return [];
  const rules = Object.fromEntries(changed.map((it) => [it, form[it]]));
  return [
    {
      what: `collection ${name} has another ${changed.join(', ')}`,
      mend: () => runWrite(db, { collMod: name, ...rules }, signal),
    },
  ];
}

async function indexDifferences(
  db: Db,
  name: string,
  { indexes = [] }: CollectionForm,
  { path }: BlueprintFile,
  signal: AbortSignal,
): Promise<Difference[]> {
  if (indexes.length === 0) return [];
  const there = await indexesOf(db, name, signal);
  return indexes.flatMap((index): Difference[] => {
    const called = index.name ?? nameOf(index);
    const found = there.find((it) => it['name'] === called);
    if (found === undefined)
      return [
        {
          what: `index ${called} of collection ${name} is missing`,
          mend: () => runWrite(db, { createIndexes: name, indexes: [{ ...index, name: called }] }, signal),
        },
      ];
    const other = Object.entries(index).find(([field, value]) => !isSame(field, value, found));
    if (other === undefined) return [];
    throw refusedFault(
      'MongoDB',
      path,
      `index ${called} of collection ${name} has another ${other[0]}; drop it by hand, or give the new one another name`,
    );
  });
}

/** A text index is stored in another form, and a collation with all its defaults. */
function isSame(field: string, value: unknown, found: Document): boolean {
  if (field === 'key' && Object.values(value as IndexForm['key']).includes('text')) return true;
  if (field === 'collation')
    return Object.entries(value as Document).every(([it, wanted]) => (found['collation'] as Document)?.[it] === wanted);
  if (value === false && found[field] === undefined) return true;
  return isDeepStrictEqual(plain(value), plain(found[field]));
}

async function indexesOf(db: Db, name: string, signal: AbortSignal): Promise<Document[]> {
  try {
    const { cursor } = await runRead(db, { listIndexes: name, cursor: { batchSize: 100 } }, signal);
    return (cursor as { firstBatch: Document[] }).firstBatch;
  } catch (error) {
    if (hasCode(error, NO_SUCH_COLLECTION)) return [];
    throw error;
  }
}

/** As the server itself would call it. */
const nameOf = ({ key }: IndexForm): string =>
  Object.entries(key)
    .map(([field, direction]) => `${field}_${direction}`)
    .join('_');

/** Without what a driver makes of it, and whatever order its fields have. */
function plain(value: unknown): unknown {
  if (value === undefined) return undefined;
  return JSON.parse(JSON.stringify(value));
}
