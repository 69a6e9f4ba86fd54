import type { BackendKind } from '@freeflow/contract';
import type { Finding } from '@freeflow/contract/http';
import { inParallel } from '../in-parallel';
import type { Position } from './progress';
import type { Reconciling } from './reconciling';

const PAGE = 50;

/** Ids behind the first, up to and including the second; null is open. */
export interface Range {
  after: string | null;
  upTo: string | null;
}

/** A part of the work: many of a kind, in the order of their ids. */
export interface Part<T> {
  name: string;
  backend: BackendKind | null;
  /** Whether they count as resources that were looked at. @default true */
  isResource?: boolean;
  /** How many are looked at, at a time. */
  atOnce: number;
  page(range: Range, limit: number): Promise<T[]>;
  count(range: Range): Promise<number>;
  /** @throws NoAnswer where looking at the others would be in vain as well */
  visit(item: T): Promise<Finding[]>;
}

/** The server gives no answer any more. */
export class NoAnswer extends Error {}

/**
 * Goes through a part page by page, from where an earlier reconciliation has stopped, round to there. When the time is over, or
 * the server gives no answer, what is left is counted, and the next one goes on there.
 */
export async function walk<T extends { id: string }>({ progress, signal }: Reconciling, part: Part<T>): Promise<void> {
  const at = progress.position(part.name);
  while (!at.isDone) {
    signal.throwIfAborted();
    const page = await part.page(rangeOf(at), PAGE);
    if (page.length === 0) {
      turn(at);
      continue;
    }
    let stop: string | undefined;
    const results = await inParallel(page, part.atOnce, async (item) => {
      signal.throwIfAborted();
      if (stop !== undefined || progress.isOver) return undefined;
      try {
        return await part.visit(item);
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        stop = error.message;
        return undefined;
      }
    });
    const done = results.findIndex((it) => it === undefined);
    const seen = done === -1 ? page.length : done;
    at.after = page[seen - 1]?.id ?? at.after;
    progress.add(
      results.slice(0, seen).flatMap((it) => it ?? []),
      part.isResource === false ? 0 : seen,
    );
    if (seen === page.length) continue;
    progress.leave(await countLeft(part, at), part.backend, stop);
    return;
  }
}

const rangeOf = ({ after, from, hasWrapped }: Position): Range => ({ after, upTo: hasWrapped ? from : null });

function turn(at: Position): void {
  if (at.from === null || at.hasWrapped) at.isDone = true;
  else Object.assign(at, { hasWrapped: true, after: null });
}

/** How many a part has left, those it would come to after going round included. */
export async function countLeft<T>(part: Pick<Part<T>, 'count'>, at: Position): Promise<number> {
  const rest = await part.count(rangeOf(at));
  return at.from === null || at.hasWrapped ? rest : rest + (await part.count({ after: null, upTo: at.from }));
}
