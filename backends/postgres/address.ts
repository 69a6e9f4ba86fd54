import type { Connection, Target } from '../backend';
import { loginRole, SCHEMA } from './sql';

/**
 * What any client of the server needs of the worker's own way there:
 * https://www.postgresql.org/docs/current/libpq-connect.html, and `ssl` and `uselibpqcompat` of pg. Its client
 * certificate is its own.
 */
const OF_THE_WAY = [
  'ssl',
  'sslmode',
  'sslrootcert',
  'sslcrl',
  'sslsni',
  'sslnegotiation',
  'uselibpqcompat',
  'ssl_min_protocol_version',
  'ssl_max_protocol_version',
  'channel_binding',
  'gssencmode',
  'target_session_attrs',
];
/** Covered by other parts of a connection. */
const NO_OPTIONS = ['host', 'port', 'user', 'password', 'dbname', 'database'];

/**
 * How a tenant reaches its database.
 * @param tenantUrl where tenants find the server, all of it; left out: as the worker does, without its login
 */
export function postgresConnection(
  adminUrl: URL,
  tenantUrl: string | undefined,
  target: Pick<Target, 'name' | 'credential'>,
): Connection {
  const url = tenantUrl === undefined ? adminUrl : new URL(tenantUrl);
  const given = [...url.searchParams].filter(([name]) =>
    tenantUrl === undefined ? OF_THE_WAY.includes(name) : !NO_OPTIONS.includes(name),
  );
  return { ...placeOf(url), username: loginRole(target), options: { schema: SCHEMA, ...Object.fromEntries(given) } };
}

/** As pg reads it: a parameter goes before the URL's own host and port, and names a socket's folder. */
function placeOf({ searchParams, hostname, port }: URL): { host: string; port: number } {
  const host = searchParams.get('host') ?? decodeURIComponent(hostname).replace(/^\[(.+)\]$/, '$1');
  return { host, port: Number(searchParams.get('port') ?? (port || 5432)) };
}

/**
 * The worker's own way to the server, by another login. pg lets a `user` or `password` among the parameters go before
 * the URL's own.
 */
export function withTenantLogin(adminUrl: URL, role: string, password: string): URL {
  const url = new URL(adminUrl);
  for (const name of ['user', 'password']) url.searchParams.delete(name);
  url.username = encodeURIComponent(role);
  url.password = encodeURIComponent(password);
  return url;
}
