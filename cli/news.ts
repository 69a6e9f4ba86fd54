import { setTimeout as delay } from 'node:timers/promises';
import { readStream } from './client/events';
import type { Session } from './client/session';
import { EXIT, Failure } from './failure';

/** How often is looked without a stream, in ms. */
const POLL_MS = 150;
/** How often is looked beside a stream that tells, in ms. */
const SLOW_POLL_MS = 2_000;
/** What comes together is looked at once, in ms. */
const TOGETHER_MS = 20;
/** A stream without a sign of life for so long is none, in ms: the API gives one every 15 s. */
const SILENCE_MS = 40_000;
const REOPEN_MS = 1_000;

/** Tells when it is worth to look again. */
export interface News {
  /** Waits until something has happened since the last call, or it is time to look anyway. */
  next: () => Promise<void>;
  close: () => void;
}

/**
 * Follows the stream of one tenant's events. Where there is none (an older API, a proxy that keeps it back, an outage) it is
 * polled for as before: what the stream says is that something has happened, never what.
 */
export function openNews(session: Session, tenantId: string, signal: AbortSignal): News {
  const closing = new AbortController();
  const over = AbortSignal.any([signal, closing.signal]);
  let aliveAt = -Infinity;
  let isFresh = false;
  let wake = () => undefined as void;
  const onEvent = () => {
    isFresh = true;
    wake();
  };
  const onAlive = () => {
    aliveAt = performance.now();
  };
  const follow = async () => {
    while (!over.aborted) {
      const isNone = await readStream(
        session,
        { path: `/tenants/${tenantId}/events`, signal: over },
        // What came before the place where it begins is looked for as well.
        { onEvent, onAlive, onPlace: onEvent },
      ).then(
        () => false,
        (error: unknown) => error instanceof Failure && error.exitCode !== EXIT.unreachable,
      );
      aliveAt = -Infinity;
      // What may have happened in between is looked for at once.
      onEvent();
      if (isNone) return;
      await delay(REOPEN_MS, undefined, { signal: over }).catch(() => undefined);
    }
  };
  void follow();
  return {
    next: async () => {
      const isTold = performance.now() - aliveAt < SILENCE_MS;
      if (!isFresh) {
        const waiting = new AbortController();
        wake = () => waiting.abort();
        await delay(isTold ? SLOW_POLL_MS : POLL_MS, undefined, {
          signal: AbortSignal.any([over, waiting.signal]),
        }).catch(() => undefined);
      }
      signal.throwIfAborted();
      if (isFresh) await delay(isTold ? TOGETHER_MS : POLL_MS);
      isFresh = false;
    },
    close: () => closing.abort(),
  };
}
