import { BlockList, isIP, isIPv4 } from 'node:net';

/** What is not on the internet: https://www.iana.org/assignments/iana-ipv4-special-registry */
const SPECIAL_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // Of Azure's own machines, at a public address:
  // https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
  '168.63.129.16/32',
];

/** All there is on the internet: https://www.iana.org/assignments/ipv6-address-space */
const GLOBAL_IPV6 = '2000::/3';
/** Of these what is not, or leads to an IPv4 address that nobody has looked at (Teredo, 6to4). */
const SPECIAL_IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const special = listOf([...SPECIAL_IPV4, ...SPECIAL_IPV6]);
const global = listOf([GLOBAL_IPV6]);

/** To which addresses webhooks may be sent. */
export interface NetworkPolicy {
  /** Why an address is refused; undefined where it is not. */
  refusalOf: (address: string, protocol: string) => string | undefined;
}

/** @param allowed networks, separated by commas, that may be reached though they are not public, and by http as well */
export function networkPolicy(allowed = ''): NetworkPolicy {
  const granted = listOf(allowed.split(',').flatMap((it) => (it.trim() === '' ? [] : [it.trim()])));
  return {
    refusalOf: (address, protocol) => {
      if (has(granted, address)) return undefined;
      if (!isPublic(address)) return `${address} is not a public address (WEBHOOK_ALLOWED_NETWORKS can allow it)`;
      return protocol === 'https:' ? undefined : 'only https is sent to a public address';
    },
  };
}

const isPublic = (address: string): boolean =>
  isIP(address) !== 0 && !has(special, address) && (isIPv4(address) || has(global, address));

/** An IPv4 address in the form of IPv6 is compared as the one that it is. */
const has = (list: BlockList, address: string): boolean => list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}
