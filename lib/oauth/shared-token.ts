import { channel } from 'node:diagnostics_channel';
import type { AccessToken } from './client-credentials';

/** On this channel of Node's `diagnostics_channel` each request for a token is published, once it was answered. */
export const TOKEN_CHANNEL = 'freeflow.oauth.token';

/** What is published there. */
export interface TokenRequested {
  outcome: 'success' | 'failure';
}

const requested = channel(TOKEN_CHANNEL);
const publish = (outcome: TokenRequested['outcome']): void => requested.publish({ outcome } satisfies TokenRequested);

/** A token isn't used in its last seconds: it could run out on the way. */
const EARLY_MS = 10_000;
const DEFAULT_LIFETIME_MS = 60_000;

interface Current<T> {
  readonly token: T;
  /** By `performance.now()`: a clock that jumps would make it last for ever, or not at all. */
  readonly goodUntil: number;
}

/** One access token shared by many calls, fetched once for all simultaneous callers, and again before it expires. */
export class SharedToken<T extends Pick<AccessToken, 'value' | 'lifetimeMs'>> {
  private current: Promise<Current<T>> | undefined;

  /**
   * @param grant gets a new token
   * @param earlyMs how long before its end a token isn't used any more; half its lifetime where that is shorter
   */
  constructor(
    private readonly grant: () => Promise<T>,
    private readonly earlyMs = EARLY_MS,
  ) {}

  /** A token that is good now. */
  async get(): Promise<T> {
    const { token, goodUntil } = await (this.current ??= this.fetch());
    return performance.now() < goodUntil ? token : this.renew();
  }

  /** Another token than before. */
  async renew(): Promise<T> {
    this.current = this.fetch();
    return (await this.current).token;
  }

  private fetch(): Promise<Current<T>> {
    const fetching = this.grant().then((token) => {
      const { lifetimeMs = DEFAULT_LIFETIME_MS } = token;
      return { token, goodUntil: performance.now() + Math.max(lifetimeMs - this.earlyMs, lifetimeMs / 2) };
    });
    fetching.then(
      () => publish('success'),
      () => {
        // A failure isn't kept: the next caller requests anew.
        if (this.current === fetching) this.current = undefined;
        publish('failure');
      },
    );
    return fetching;
  }
}
