import { setTimeout as delay } from 'node:timers/promises';
import { eventNameOf } from '@freeflow/contract';
import type { CloudEventBody } from '@freeflow/contract/http';
import { readStream } from './client/events';
import type { Session } from './client/session';
import { Failure } from './failure';
import { isPassing, pauseAfter } from './passing';

/** How soon is looked without a stream, in ms; each time later, up to the slow poll. */
const POLL_MS = 150;
const SLOW_POLL_MS = 2_000;
/** How often is looked beside a stream that tells, in ms: for what it should have told. */
const SPARE_POLL_MS = 5_000;
/** What comes together is looked at once, in ms; attempts of steps, of which a create has twenty, less often. */
const TOGETHER_MS = 20;
const STEPS_TOGETHER_MS = 250;
/** A stream without a sign of life for so long is none, in ms: the API gives one every 15 s. */
const SILENCE_MS = 40_000;
/** The first pause before a stream is opened again, each further one is longer, up to the longest: in ms. */
const REOPEN_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/** What is worth a look: the rows of the log alone, or the tenant as well. */
export type Look = 'rows' | 'all';

/**
 * Tells when it is worth to look at a tenant again, by the stream of its events. Where there is none (an older API, a
 * proxy that keeps it back, an outage, too many requests) it is polled for, ever more slowly: what the stream says is
 * that something has happened, never what.
 */
export class News {
  private readonly closing = new AbortController();
  private readonly over: AbortSignal;
  private aliveAt = -Infinity;
  private allAt = performance.now();
  private pollMs = POLL_MS;
  private due: Look | undefined;
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
  async next(): Promise<Look> {
    if (this.due === undefined) await this.waitFor(this.nextPollMs());
    if (this.due === 'rows') await this.waitFor(STEPS_TOGETHER_MS);
    if (this.due === 'all') await pause(TOGETHER_MS, this.over);
    this.signal.throwIfAborted();
    const now = performance.now();
    const look = this.due === 'rows' && now - this.allAt < SPARE_POLL_MS ? 'rows' : 'all';
    if (look === 'all') this.allAt = now;
    this.due = undefined;
    return look;
  }

  close(): void {
    this.closing.abort();
  }

  private nextPollMs(): number {
    if (performance.now() - this.aliveAt < SILENCE_MS) return SPARE_POLL_MS;
    const ms = this.pollMs;
    this.pollMs = Math.min(ms * 2, SLOW_POLL_MS);
    return ms;
  }

  /** Shorter where more is due meanwhile. */
  private waitFor(ms: number): Promise<void> {
    this.waiting = new AbortController();
    return pause(ms, AbortSignal.any([this.over, this.waiting.signal]));
  }

  private async follow(): Promise<void> {
    for (let failures = 0; !this.over.aborted; failures++) {
      const error = await this.readToEnd();
      if (error !== undefined && !isRepeatable(error)) return;
      if (this.aliveAt !== -Infinity) {
        failures = 0;
        this.aliveAt = -Infinity;
        this.pollMs = POLL_MS;
        // What happens from here on is told by nothing.
        this.refresh('all');
      }
      const usualMs = Math.min(REOPEN_MS * 2 ** failures, LONGEST_PAUSE_MS);
      await pause(isPassing(error) ? pauseAfter(error, usualMs) : usualMs, this.over);
    }
  }

  /** @returns why it could not be read on; undefined where it has ended as streams do */
  private async readToEnd(): Promise<unknown> {
    const place = { path: `/tenants/${this.tenantId}/events`, signal: this.over };
    let hasBegun = false;
    try {
      await readStream(this.session, place, {
        onEvent: (event) => this.refresh(lookAfter(event)),
        // What came before the place where it begins is looked for as well. Later ones tell of others.
        onPlace: () => {
          if (!hasBegun) this.refresh('all');
          hasBegun = true;
        },
        onAlive: () => {
          this.aliveAt = performance.now();
        },
      });
      return undefined;
    } catch (error) {
      return error;
    }
  }

  private refresh(look: Look): void {
    if (this.due === 'all' || this.due === look) return;
    this.due = look;
    this.waiting.abort();
  }
}

/** An attempt that has succeeded changes nothing of its operation; every other event is about that, or the tenant. */
const lookAfter = ({ type }: CloudEventBody): Look => (eventNameOf(type) === 'step.succeeded' ? 'rows' : 'all');

/** What fetch throws is a connection that broke. */
const isRepeatable = (error: unknown): boolean => isPassing(error) || !(error instanceof Failure);

/** Also over when the signal is given. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal }).catch(() => undefined);
