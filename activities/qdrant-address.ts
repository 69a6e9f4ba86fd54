import type { Connection } from './backend';

/**
 * How a tenant reaches its collection. Qdrant's clients take a port of their own, 6333, where a URL names none, so ours always does.
 * @param url where tenants find the server, which may be below a path of a proxy
 */
export function qdrantConnection({ protocol, hostname, port, pathname }: URL): Connection {
  const isTls = protocol === 'https:';
  const path = pathname.replace(/\/+$/, '');
  return {
    host: hostname.replace(/^\[(.+)\]$/, '$1'),
    port: Number(port || (isTls ? 443 : 6333)),
    options: { tls: String(isTls), ...(path === '' ? {} : { path }) },
  };
}
