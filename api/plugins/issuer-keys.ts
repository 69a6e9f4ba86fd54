import { count, setGauge } from '@freeflow/lib/metrics';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';

const TIMEOUT_MS = 3_000;
/** A token signed by an unknown key has the keys fetched at once, but not more often than this, in ms. */
const COOLDOWN_MS = 5_000;
/** After a failure it is tried again so soon, in ms. */
const RETRY_MS = 2_000;
/**
 * For so long the last good keys are used while the issuer publishes none, in ms: a key that was taken back there is
 * used no longer than that.
 */
const KEPT_FOR_MS = 24 * 3_600_000;

/** A set with no key for signatures is no good one: kept, it would refuse everybody. */
const published = z
  .looseObject({ keys: z.array(z.looseObject({ kty: z.string(), use: z.string().optional() })) })
  .refine(({ keys }) => keys.some(({ use = 'sig' }) => use === 'sig'), 'holds no key for signatures');

/** The keys by which the issuer's tokens are checked. */
export interface IssuerKeys {
  /**
   * For `jwtVerify`. @throws the cause, where no keys could be fetched; JWKSNoMatchingKey for a key that isn't
   * published
   */
  find: JWTVerifyGetKey;
  /** No more fetching. */
  close: () => void;
}

/**
 * Keeps the issuer's keys: fetched before the first token comes, renewed by a timer, and kept while the issuer is away
 * or publishes garbage. What it publishes replaces all of them, so a key that was taken back counts no longer than
 * `refreshMs` after the issuer answers again.
 */
export function keepIssuerKeys(url: string, refreshMs: number): IssuerKeys {
  let known: { find: JWTVerifyGetKey; at: number } | undefined;
  let fetching: Promise<void> | undefined;
  let wantedAt = -Infinity;
  let failure: unknown;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  /** One request at a time, shared by all callers. */
  const fetchAgain = (): Promise<void> =>
    (fetching ??= fetchKeys(url)
      .then(
        (keys) => {
          known = { find: keys, at: performance.now() };
          failure = undefined;
          count('freeflow_issuer_keys_fetched_total', { outcome: 'success' });
          setGauge('freeflow_issuer_keys_last_success_timestamp_seconds', {}, Date.now() / 1_000);
        },
        (error: unknown) => {
          failure = error;
          count('freeflow_issuer_keys_fetched_total', { outcome: 'failure' });
        },
      )
      .finally(() => {
        fetching = undefined;
        schedule();
      }));

  const schedule = () => {
    clearTimeout(timer);
    if (isClosed) return;
    timer = setTimeout(
      () => void fetchAgain(),
      failure === undefined ? refreshMs : Math.min(RETRY_MS, refreshMs),
    ).unref();
  };

  /** For a token whose key isn't known. Tokens cost nothing to make up, so they don't have it fetch without end. */
  const renewFor = async () => {
    if (fetching === undefined && performance.now() - wantedAt < Math.min(COOLDOWN_MS, refreshMs)) return;
    wantedAt = performance.now();
    await fetchAgain();
  };

  const current = (): JWTVerifyGetKey => {
    if (known !== undefined && performance.now() - known.at < KEPT_FOR_MS) return known.find;
    throw new Error('the keys of the issuer could not be fetched', { cause: failure });
  };

  void fetchAgain();
  return {
    async find(header, token) {
      if (known === undefined) await fetchAgain();
      try {
        return await current()(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
        await renewFor();
        // Whether a key is new is unknown while the issuer is away.
        if (failure !== undefined) throw new Error('the keys of the issuer can not be renewed', { cause: failure });
        return current()(header, token);
      }
    },
    close: () => {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}

async function fetchKeys(url: string): Promise<JWTVerifyGetKey> {
  const response = await fetch(url, {
    redirect: 'manual',
    headers: { accept: 'application/json' },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (response.status !== 200) throw new Error(`${url} answers ${response.status}`);
  return createLocalJWKSet(published.parse(await response.json()) as JSONWebKeySet);
}
