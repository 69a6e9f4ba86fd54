import { sqlStateOf } from '@freeflow/lib/pg';

/**
 * What one transaction goes through at most: at some twenty rows of the log each a tenth of a second, in which it keeps
 * nobody waiting.
 */
const BATCH = 200;
/** What a batch is given, in ms: one that takes longer is made smaller. */
const BATCH_MS = 5_000;
/** What a batch of one is given, which can't be made smaller; within what a statement is given in any case. */
const SINGLE_MS = 25_000;
/** What is left after so long is the next one's, an hour later. */
const TIME_MS = 60_000;
const SHRINK_BY = 4;
/** Cut off by its time, by a deadlock, or for want of memory. */
const TOO_MUCH = /^(?:57014|55P03|40P01|40001|53200)$/;

/** How one batch went: what it looked at, and where it has stopped. */
export interface Batch {
  looked: number;
  lastAt: Date | null;
  lastId: string | null;
}

/** What is gone through in its order of time and id. */
export interface BatchSource<Its extends Batch> {
  /** Goes through the next so many in a transaction of its own, within so many ms. */
  visit: (at: string | null, id: string | null, most: number, timeoutMs: number) => Promise<Its>;
  /** The next one's time and id alone. */
  peek: (at: string | null, id: string | null) => Promise<{ at: Date; id: string } | undefined>;
}

export interface WalkOptions<Its extends Batch> {
  /** Told after each batch, with where the next one goes on; null: at the oldest. */
  onBatch: (goesOnAt: string | null, batch?: Its) => void;
  /** Told the id of what can't be gone through even by itself, and is passed by. */
  onSkipped?: (id: string, cause: unknown) => void;
  signal?: AbortSignal | undefined;
  batchSize?: number;
  batchMs?: number;
  singleMs?: number;
  timeMs?: number;
}

/**
 * Goes through batch by batch, from where the last time has stopped, until it has seen all or its time is over. What is
 * too much at once is tried in smaller batches, and one that is too much by itself is passed by until the next round:
 * nothing stops here for good.
 */
export async function walkBatches<Its extends Batch>(
  { visit, peek }: BatchSource<Its>,
  from: string | null,
  options: WalkOptions<Its>,
): Promise<void> {
  const { onBatch, onSkipped, signal, batchSize = BATCH, batchMs = BATCH_MS, singleMs = SINGLE_MS } = options;
  const end = performance.now() + (options.timeMs ?? TIME_MS);
  let place = from;
  let size = batchSize;
  while (signal?.aborted !== true && performance.now() < end) {
    const [at = null, id = null] = place?.split('/') ?? [];
    try {
      const batch = await visit(at, id, size, size === 1 ? singleMs : batchMs);
      place = batch.looked < size ? null : placeOf(batch);
      onBatch(place, batch);
      if (place === null) return;
      size = Math.min(batchSize, size * 2);
    } catch (error) {
      if (!TOO_MUCH.test(sqlStateOf(error) ?? '')) throw error;
      if (size > 1) {
        size = Math.max(1, Math.floor(size / SHRINK_BY));
        continue;
      }
      const next = await peek(at, id);
      if (next === undefined) return;
      onSkipped?.(next.id, error);
      place = placeOf({ lastAt: next.at, lastId: next.id });
      onBatch(place);
    }
  }
}

const placeOf = ({ lastAt, lastId }: Omit<Batch, 'looked'>): string | null =>
  lastAt === null || lastId === null ? null : `${lastAt.toISOString()}/${lastId}`;
