import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import type { NetworkPolicy } from './network-policy';

/** The receiver is at an address that nothing is sent to. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
}

/** All addresses of a name, as the system resolves it. */
export type Resolve = (
  hostname: string,
  callback: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void;

export const resolveBySystem: Resolve = (hostname, callback) => systemLookup(hostname, { all: true }, callback);

/**
 * The lookup of a socket: it connects to the very addresses that were looked at, whatever the name resolves to a moment
 * later. A name with one address that is refused is refused.
 */
export const guardedLookup =
  (policy: NetworkPolicy, protocol: string, resolve: Resolve = resolveBySystem): LookupFunction =>
  (hostname, options, callback) =>
    resolve(hostname, (error, found) => {
      const refusal = error === null ? refusalAmong(policy, protocol, found) : undefined;
      const [first] = found;
      if (error !== null) callback(error, []);
      else if (refusal !== undefined) callback(new AddressRefused(refusal), []);
      else if (options.all === true) callback(null, found);
      else callback(null, first?.address ?? '', first?.family);
    });

/** A socket looks nothing up where it is given an address. @throws AddressRefused */
export function assertLiteralAllowed(policy: NetworkPolicy, { hostname, protocol }: URL): void {
  const address = addressOf(hostname);
  const refusal = isIP(address) === 0 ? undefined : policy.refusalOf(address, protocol);
  if (refusal !== undefined) throw new AddressRefused(refusal);
}

/** The first refusal among addresses. */
export const refusalAmong = (
  policy: NetworkPolicy,
  protocol: string,
  found: readonly LookupAddress[],
): string | undefined => found.map(({ address }) => policy.refusalOf(address, protocol)).find((it) => it !== undefined);

/** A host of a URL without the brackets of IPv6. */
const addressOf = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, '$1');
