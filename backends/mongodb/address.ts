import { ConnectionString } from 'mongodb-connection-string-url';
import type { Connection, Target } from '../backend';
import { loginUser } from './users';

/**
 * What any client of the servers needs of the worker's own way there:
 * https://www.mongodb.com/docs/manual/reference/connection-string-options/
 */
const OF_THE_WAY = [
  'tls',
  'ssl',
  'tlsCAFile',
  'tlsCRLFile',
  'tlsInsecure',
  'tlsAllowInvalidCertificates',
  'tlsAllowInvalidHostnames',
  'tlsDisableOCSPEndpointCheck',
  'tlsDisableCertificateRevocationCheck',
  'replicaSet',
  'directConnection',
  'loadBalanced',
  'srvServiceName',
  'srvMaxHosts',
  'retryWrites',
  'retryReads',
  'compressors',
  'zlibCompressionLevel',
];
const STANDARD_PORT = 27_017;

/**
 * How a tenant reaches its database. Several servers stand in the option `hosts`, `mongodb+srv` in `scheme`; all other
 * options are those of the connection string.
 * @param tenantUrl where tenants find the servers, all of it; left out: as the worker does, without its login
 */
export function mongoConnection(
  adminUrl: string,
  tenantUrl: string | undefined,
  target: Pick<Target, 'name' | 'credential'>,
): Connection {
  const { name: database } = target;
  const url = new ConnectionString(tenantUrl ?? adminUrl);
  const options = [...url.searchParams].flatMap(([name, value]) => {
    const known = tenantUrl === undefined ? OF_THE_WAY.find((it) => it.toLowerCase() === name.toLowerCase()) : name;
    return known === undefined ? [] : [[known, value] as const];
  });
  return {
    ...placeOf(url),
    username: loginUser(target),
    options: { authSource: database, ...manyOf(url), ...Object.fromEntries(options) },
  };
}

/** The first host. An SRV name has no port: DNS supplies it. */
function placeOf({ hosts: [first = ''], isSRV }: ConnectionString): { host: string; port?: number } {
  const [, host = first, port] = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(first) ?? [];
  const name = decodeURIComponent(host.replace(/^\[(.+)\]$/, '$1'));
  return isSRV ? { host: name } : { host: name, port: Number(port ?? STANDARD_PORT) };
}

function manyOf({ hosts, isSRV }: ConnectionString): Record<string, string> {
  const isPlain = hosts.length === 1 && !hosts[0]?.includes('%');
  return { ...(isSRV ? { scheme: 'mongodb+srv' } : {}), ...(isPlain ? {} : { hosts: hosts.join(',') }) };
}

/** The worker's own way to the servers, by a tenant's login: with its TLS, its replica set and all its hosts. */
export function withTenantLogin(
  adminUrl: string,
  target: Pick<Target, 'name' | 'credential'>,
  password: string,
): string {
  const { name: database } = target;
  const url = new ConnectionString(adminUrl);
  url.username = encodeURIComponent(loginUser(target));
  url.password = encodeURIComponent(password);
  url.pathname = `/${database}`;
  url.searchParams.set('authSource', database);
  for (const name of ['authMechanism', 'authMechanismProperties']) url.searchParams.delete(name);
  return url.href;
}
