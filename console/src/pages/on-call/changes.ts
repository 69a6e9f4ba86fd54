import type { Waiting } from './waiting';

/** What has become of something since one looked at it. */
export type Change = { before: Waiting } & (
  | { what: 'gone' }
  | { what: 'parked-anew' | 'other-operation' | 'other-reason'; now: Waiting }
);

export interface Comparison {
  /** As it is now, changed or not: what can still be answered. */
  still: Waiting[];
  changes: Change[];
}

/**
 * Compares what one has looked at with what waits now.
 * @param isComplete whether Temporal has told of all runs; else what only it knows of counts as unchanged
 */
export function compareWaiting(seen: readonly Waiting[], all: readonly Waiting[], isComplete = true): Comparison {
  const current = new Map(all.map((it) => [it.key, it]));
  const result: Comparison = { still: [], changes: [] };
  for (const before of seen) {
    const now = current.get(before.key) ?? all.find((it) => isSameForAnotherReason(it, before));
    if (now === undefined && !isComplete && before.why.startsWith('run-')) result.still.push(before);
    else if (now === undefined) result.changes.push({ before, what: 'gone' });
    else {
      result.still.push(now);
      const what = differenceOf(before, now);
      if (what !== undefined) result.changes.push({ before, now, what });
    }
  }
  return result;
}

const isSameForAnotherReason = (it: Waiting, { why, operation }: Waiting): boolean =>
  it.why !== why && operation !== null && it.operation?.id === operation.id;

function differenceOf(before: Waiting, now: Waiting): Exclude<Change['what'], 'gone'> | undefined {
  if (now.operation?.id !== before.operation?.id) return 'other-operation';
  if (now.why !== before.why) return 'other-reason';
  return now.park === before.park ? undefined : 'parked-anew';
}
