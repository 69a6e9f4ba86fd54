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

/**
 * Tells when it is worth to look at a tenant again, by the stream of its events. Where there is none (an older API, a
 * proxy that keeps it back, an outage) it is polled for as before: what the stream says is that something has happened,
 * never what.
 */
export class News {
  private readonly closing = new AbortController();
  private readonly over: AbortSignal;
  private aliveAt = -Infinity;
  private isFresh = false;
  private waiting = new AbortController();

  constructor(
    private readonly session: Session,
    private readonly tenantId: string,
    private readonly signal: AbortSignal,
  ) {
    this.over = AbortSignal.any([signal, this.closing.signal]);
    void this.follow();
  }

  /** Waits until something has happened since the last call, or it is time to look anyway. */
  async next(): Promise<void> {
    const isTold = performance.now() - this.aliveAt < SILENCE_MS;
    if (!this.isFresh) {
      this.waiting = new AbortController();
      await pause(isTold ? SLOW_POLL_MS : POLL_MS, AbortSignal.any([this.over, this.waiting.signal]));
    }
    if (this.isFresh) await pause(isTold ? TOGETHER_MS : POLL_MS, this.over);
    this.signal.throwIfAborted();
    this.isFresh = false;
  }

  close(): void {
    this.closing.abort();
  }

  private async follow(): Promise<void> {
    for (let isPossible = true; isPossible && !this.over.aborted;) {
      isPossible = await this.readToEnd();
      this.aliveAt = -Infinity;
      // What happens from here on is told by nothing.
      this.refresh();
      if (isPossible) await pause(REOPEN_MS, this.over);
    }
  }

  /** @returns whether there may be a stream another time */
  private async readToEnd(): Promise<boolean> {
    const refresh = () => this.refresh();
    const onAlive = () => {
      this.aliveAt = performance.now();
    };
    try {
      const place = { path: `/tenants/${this.tenantId}/events`, signal: this.over };
      // What came before the place where it begins is looked for as well.
      await readStream(this.session, place, { onEvent: refresh, onPlace: refresh, onAlive });
      return true;
    } catch (error) {
      return !(error instanceof Failure) || error.exitCode === EXIT.unreachable;
    }
  }

  private refresh(): void {
    this.isFresh = true;
    this.waiting.abort();
  }
}

/** Also over when the signal is given. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal }).catch(() => undefined);
