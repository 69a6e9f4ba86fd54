import type { Connection } from '../backend';
import { portOf } from './client';

/**
 * How a tenant reaches its collection. Qdrant's clients take a port of their own, 6333, where a URL names none, so ours
 * always does.
 * @param address where tenants find the server, which may be below a path of a proxy
 */
export function qdrantConnection(address: string): Connection {
  const url = new URL(address);
  const { protocol, hostname, pathname } = url;
  const isTls = protocol === 'https:';
  const path = pathname.replace(/\/+$/, '');
  return {
    host: hostname.replace(/^\[(.+)\]$/, '$1'),
    port: namesPort80(address) ? 80 : portOf(url),
    options: { tls: String(isTls), ...(path === '' ? {} : { path }) },
  };
}

/** `URL` forgets the port that is its protocol's own. */
const namesPort80 = (address: string): boolean => /^http:\/\/[^/?#]*:80(?:[/?#]|$)/i.test(address);
