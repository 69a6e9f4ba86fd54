import type { Db, Document } from 'mongodb';

/**
 * How long the server itself works on one command, in ms: less than we wait for its answer, so that it never goes on
 * with what we have given up.
 */
export const SERVER_LIMIT_MS = 15_000;

/** Confirmed once it outlives a crash of the server. */
const JOURNALED = { w: 'majority', j: true } as const;

/** A command that only looks. */
export const runRead = (db: Db, command: Document, signal: AbortSignal): Promise<Document> =>
  db.command({ ...command, maxTimeMS: SERVER_LIMIT_MS }, { signal });

/** A command that changes something. */
export const runWrite = (db: Db, command: Document, signal: AbortSignal): Promise<Document> =>
  db.command({ ...command, writeConcern: JOURNALED, maxTimeMS: SERVER_LIMIT_MS }, { signal });

/** A database without collections isn't listed, and counts as absent. */
export async function collectionNames(db: Db, signal: AbortSignal): Promise<string[]> {
  const collections = await db.listCollections({}, { nameOnly: true, signal, maxTimeMS: SERVER_LIMIT_MS }).toArray();
  return collections.map(({ name }) => name);
}
