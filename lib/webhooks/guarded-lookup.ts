import type { LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { callbackify } from 'node:util';
import type { NetworkPolicy } from './network-policy';
import { resolveName, type Resolve } from './resolve-name';

/** The receiver is at an address that nothing is sent to. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
}

/**
 * The lookup of a socket: it connects to the very addresses that were looked at, whatever the name resolves to a moment
 * later. A name with one address that is refused is refused.
 */
export const guardedLookup =
  (policy: NetworkPolicy, protocol: string, resolve: Resolve = resolveName): LookupFunction =>
  (hostname, options, callback) =>
    callbackify(resolve)(hostname, (error, found) => {
      if (error !== null) return callback(error, []);
      const refusal = refusalAmong(policy, protocol, found);
      const [first] = found;
      if (refusal !== undefined) callback(new AddressRefused(refusal), []);
      else if (options.all === true) callback(null, found);
      else callback(null, first?.address ?? '', first?.family);
    });

/** A socket looks nothing up where it is given an address. @throws AddressRefused */
export function assertLiteralAllowed(policy: NetworkPolicy, url: URL): void {
  const address = literalOf(url);
  const refusal = address === undefined ? undefined : policy.refusalOf(address, url.protocol);
  if (refusal !== undefined) throw new AddressRefused(refusal);
}

/** The first refusal among addresses. */
export const refusalAmong = (
  policy: NetworkPolicy,
  protocol: string,
  found: readonly LookupAddress[],
): string | undefined => found.map(({ address }) => policy.refusalOf(address, protocol)).find((it) => it !== undefined);

/** The address that a URL has in place of a name, without the brackets of IPv6; undefined where it has a name. */
export function literalOf({ hostname }: URL): string | undefined {
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(address) === 0 ? undefined : address;
}
