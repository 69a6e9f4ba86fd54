import { setTimeout as delay } from 'node:timers/promises';
import { FAILURES } from '@freeflow/contract';
import type { Backend } from '../../backends/backend';
import { classify } from '../../backends/registry';

/** A server that hiccups, or has just closed an idle connection, is called again after these pauses, in ms. */
const PAUSES_MS = [250, 1_000];

/**
 * Makes a call that may be repeated, and repeats it after a retryable failure.
 * @throws BackendFault the last one
 */
export async function withRetries<T>({ kind }: Backend, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await call();
    } catch (error) {
      const fault = classify(kind, error);
      const pauseMs = PAUSES_MS[tries];
      if (pauseMs === undefined || !FAILURES[fault.type].retryable) throw fault;
      await delay(pauseMs, undefined, { signal });
    }
  }
}
