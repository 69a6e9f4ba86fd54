import type { TenantConnection } from '@freeflow/db-master';
import { address } from './address';

/** One connection: what isn't known is null or undefined. */
export type Fields = Record<string, string | number | null | undefined>;

type Row = Pick<TenantConnection, 'host' | 'port' | 'username' | 'dbName' | 'options'>;
type Options = Record<string, string>;

/** A PostgreSQL connection. What was recorded besides the schema are parameters of its URL, such as `sslmode`. */
export function postgresForm({ host, port, username, dbName, options }: Row, password: string | undefined): Fields {
  const { schema: _schema, ...parameters } = optionsOf(options);
  // The folder of a socket can't stand where a host does.
  const isSocket = host?.startsWith('/') === true;
  const place = isSocket ? '' : address(host, port ?? 5432);
  const query = isSocket ? { host, port: String(port ?? 5432), ...parameters } : parameters;
  return {
    database: dbName,
    username,
    password,
    ...parameters,
    url: `postgresql://${login(username, password)}${place}/${encodeURIComponent(dbName)}${queryOf(query)}`,
  };
}

/** A MongoDB connection: all its hosts, its replica set, its TLS; without a port where DNS tells hosts and ports. */
export function mongoForm({ host, port, username, dbName, options }: Row, password: string | undefined): Fields {
  const { scheme = 'mongodb', hosts, authSource = dbName, ...parameters } = optionsOf(options);
  const place = hosts ?? (scheme === 'mongodb' ? address(host, port ?? 27_017) : (host ?? ''));
  const query = { ...(username === null ? {} : { authSource }), ...parameters };
  return {
    database: dbName,
    username,
    password,
    hosts,
    ...parameters,
    url: `${scheme}://${login(username, password)}${place}/${encodeURIComponent(dbName)}${queryOf(query)}`,
  };
}

/** A Qdrant connection. `prefix` is what JavaScript's client, which takes no path from a URL, calls it. */
export function qdrantForm({ host, port, dbName, options }: Row, token: string | undefined): Fields {
  const { tls, path: prefix } = optionsOf(options);
  return {
    collection: dbName,
    apiKey: token,
    prefix,
    url: `${tls === 'true' ? 'https' : 'http'}://${address(host, port ?? 6333)}${prefix ?? ''}`,
  };
}

/** Those that hold text, which is all that is recorded; a row that somebody has written by hand may hold others. */
const optionsOf = (options: unknown): Options =>
  Object.fromEntries(
    Object.entries(typeof options === 'object' && options !== null ? options : {}).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value]] : [],
    ),
  );

/** Not by URLSearchParams, which writes a blank as `+`: libpq takes that for a plus. */
function queryOf(options: Options): string {
  const pairs = Object.entries(options).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function login(username: string | null, password: string | undefined): string {
  if (username === null) return '';
  return `${encodeURIComponent(username)}${password === undefined ? '' : `:${encodeURIComponent(password)}`}@`;
}
