import type { BackendKind } from '@freeflow/contract';
import type { Finding } from '@freeflow/contract/http';
import { mapInParallel } from '../in-parallel';
import type { Position } from './progress';
import type { ReconcileScope } from './scope';

const PAGE = 50;

/** Ids behind the first, up to and including the second; null is open. */
export interface Range {
  after: string | null;
  upTo: string | null;
}

/** A part of the reconciliation: many items of a kind, in the order of their ids. */
export interface Part<T> {
  name: string;
  backend: BackendKind | null;
  /** Whether they count as checked resources. @default true */
  isResource?: boolean;
  /** How many are checked at a time. */
  atOnce: number;
  page(range: Range, limit: number): Promise<T[]>;
  count(range: Range): Promise<number>;
  /** @throws ServerSilentError where checking the others would be in vain as well */
  visit(item: T): Promise<Finding[]>;
}

/** The server does not answer any more. */
export class ServerSilentError extends Error {}

/**
 * Checks a part page by page, from where an earlier reconciliation has stopped, round to there. When the time is over,
 * or the server does not answer any more, what is left is counted, and the next reconciliation continues there.
 */
export async function walk<T extends { id: string }>(
  { progress, signal }: ReconcileScope,
  part: Part<T>,
): Promise<void> {
  const at = progress.position(part.name);
  while (!at.isDone) {
    signal.throwIfAborted();
    const page = await part.page(rangeOf(at), PAGE);
    if (page.length === 0) {
      wrapOrEnd(at);
      continue;
    }
    let silence: string | undefined;
    const results = await mapInParallel(page, part.atOnce, async (item) => {
      signal.throwIfAborted();
      if (silence !== undefined || progress.isOver) return undefined;
      try {
        return await part.visit(item);
      } catch (error) {
        if (!(error instanceof ServerSilentError)) throw error;
        silence = error.message;
        return undefined;
      }
    });
    const firstUnchecked = results.findIndex((it) => it === undefined);
    const checked = firstUnchecked === -1 ? page.length : firstUnchecked;
    at.after = page[checked - 1]?.id ?? at.after;
    progress.add(
      results.slice(0, checked).flatMap((it) => it ?? []),
      part.isResource === false ? 0 : checked,
    );
    if (checked === page.length) continue;
    progress.addUnchecked(await countUnchecked(part, at), part.backend, silence);
    return;
  }
}

const rangeOf = ({ after, from, hasWrapped }: Position): Range => ({ after, upTo: hasWrapped ? from : null });

function wrapOrEnd(at: Position): void {
  if (at.from === null || at.hasWrapped) at.isDone = true;
  else Object.assign(at, { hasWrapped: true, after: null });
}

/** How many items of a part are left, those after going round included. */
export async function countUnchecked<T>(part: Pick<Part<T>, 'count'>, at: Position): Promise<number> {
  const rest = await part.count(rangeOf(at));
  return at.from === null || at.hasWrapped ? rest : rest + (await part.count({ after: null, upTo: at.from }));
}
