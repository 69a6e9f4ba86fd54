import type { Drift, Notes, OnFile, PlannedFile, Target } from '../backend';
import { BackendFault, hasCode, messageOf } from '../failures';

/** What a file says and is not there, and how it comes to be there. */
export interface Difference {
  /** For people: `collection orders is missing`. */
  readonly what: string;
  readonly mend: () => Promise<unknown>;
}

/** How a server refuses what a file says. */
export interface Refusals {
  /** The server's name, for people. */
  readonly server: string;
  /** Its answers that no retry changes. */
  readonly codes: readonly (string | number)[];
}

/**
 * Mends one difference after the other, each announced before.
 * @throws BackendFault `blueprint-refused` naming the file, where the server refuses one
 */
export async function mendAll(
  { announceCall, signal }: Target,
  path: string,
  differences: readonly Difference[],
  { server, codes }: Refusals,
): Promise<Notes> {
  for (const { what, mend } of differences) {
    await announceCall();
    signal.throwIfAborted();
    await mend().catch((error: unknown) => {
      if (!hasCode(error, ...codes)) throw error;
      throw refusedFault(server, path, `${what}, and is refused: ${messageOf(error)}`, error);
    });
  }
  return differences.length === 0 ? [] : [`${path} applied (${differences.length} changes)`];
}

/** Applies one file after the other, and tells of each once it is applied. */
export async function applyEach(
  files: readonly PlannedFile[],
  onFile: OnFile,
  apply: (file: PlannedFile) => Promise<Notes>,
): Promise<Notes> {
  const notes: string[] = [];
  for (const file of files) {
    notes.push(...(await apply(file)));
    await onFile(file, 'applied');
  }
  return notes;
}

/** What the files say and is not there. */
export async function driftOf(
  files: readonly PlannedFile[],
  find: (file: PlannedFile) => Promise<readonly Difference[]>,
): Promise<Drift[]> {
  const drift: Drift[] = [];
  for (const file of files) for (const { what } of await find(file)) drift.push({ what: `by ${file.path}, ${what}` });
  return drift;
}

/** What a file says can't be. */
export const refusedFault = (server: string, path: string, message: string, cause?: unknown): BackendFault =>
  new BackendFault('blueprint-refused', `${server}: ${path}: ${message}`, { cause });
