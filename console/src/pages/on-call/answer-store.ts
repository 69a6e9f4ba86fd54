import type { AnswerAction } from '@freeflow/contract';
import { useSyncExternalStore } from 'react';
import type { Waiting } from './waiting';

/** What the API has said to an answer. */
export type Reply =
  | { as: 'queued' | 'sending' | 'given' }
  /** It is not asked again. */
  | { as: 'refused'; title: string; detail: string };

export interface AnsweredOne {
  waiting: Waiting;
  reply: Reply;
}

/** One answer, to all that it was given to. */
export interface Batch {
  id: string;
  action: AnswerAction;
  at: string;
  items: readonly AnsweredOne[];
  /** What concerns all of it. */
  note?: string;
}

// Kept beside the pages: one looks at a tenant, and comes back to what was answered.
let batches: readonly Batch[] = [];
const listeners = new Set<() => void>();

function set(next: readonly Batch[]): void {
  batches = next;
  for (const tell of listeners) tell();
}

export const addBatch = (batch: Batch): void => set([batch, ...batches]);

export const dismissBatch = (id: string): void => set(batches.filter((it) => it.id !== id));

export const changeBatch = (id: string, change: (batch: Batch) => Batch): void =>
  set(batches.map((it) => (it.id === id ? change(it) : it)));

export const setReply = (id: string, key: string, reply: Reply): void =>
  changeBatch(id, (batch) => ({
    ...batch,
    items: batch.items.map((it) => (it.waiting.key === key ? { ...it, reply } : it)),
  }));

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The answers of this visit, newest first. */
export const useBatches = (): readonly Batch[] => useSyncExternalStore(subscribe, () => batches);
