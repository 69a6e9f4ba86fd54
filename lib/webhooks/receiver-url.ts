import { withDeadline } from '../deadline';
import { literalOf, refusalAmong } from './guarded-lookup';
import type { NetworkPolicy } from './network-policy';
import { resolveName, type Resolve } from './resolve-name';

/** So long somebody who waits for an answer waits for a name server. */
const RESOLVE_WITHIN_MS = 3_000;

/** A URL as it is stored: what may be shown, and what may hold a token. */
export interface ReceiverUrl {
  /** Scheme, host and port. */
  shown: string;
  /** Path and query. */
  target: string;
}

/** Takes a URL apart, once it may be sent to. What its name resolves to is looked at anew before each connection. */
export async function readReceiverUrl(
  text: string,
  policy: NetworkPolicy,
  resolve: Resolve = resolveName,
): Promise<ReceiverUrl | { refusal: string }> {
  if (!URL.canParse(text)) return { refusal: 'must be a URL' };
  const url = new URL(text);
  const refusal = formRefusal(url) ?? (await addressRefusal(url, policy, resolve));
  return refusal === undefined ? { shown: url.origin, target: url.pathname + url.search } : { refusal };
}

function formRefusal({ protocol, username, password, hash }: URL): string | undefined {
  if (protocol !== 'https:' && protocol !== 'http:') return 'must begin with https://';
  if (username !== '' || password !== '') return 'must have no user and no password: deliveries are signed';
  return hash === '' ? undefined : 'must have no fragment';
}

async function addressRefusal(url: URL, policy: NetworkPolicy, resolve: Resolve): Promise<string | undefined> {
  const address = literalOf(url);
  if (address !== undefined) return policy.refusalOf(address, url.protocol);
  // A name that can't be resolved here and now, or not from here, is known to its first delivery.
  const found = await withDeadline(RESOLVE_WITHIN_MS, resolve(url.hostname)).catch(() => []);
  return refusalAmong(policy, url.protocol, found) ?? (found.length === 0 ? schemeRefusal(url) : undefined);
}

/** Where nobody knows the address, it is not one that was allowed. */
const schemeRefusal = ({ protocol }: URL): string | undefined =>
  protocol === 'https:' ? undefined : 'must begin with https://: its name does not resolve';
