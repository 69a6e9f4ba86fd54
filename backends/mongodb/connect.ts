import { hostAndPort } from '../address';
import {
  type ConnectionFields,
  type ConnectionRow,
  defineRecordedConnect,
  loginOf,
  queryOf,
  textOptions,
} from '../connect';

const STANDARD_PORT = 27_017;

/** A MongoDB connection: all its hosts, its replica set, its TLS; without a port where DNS supplies hosts and ports. */
export function mongoForm(
  { host, port, username, dbName, options }: ConnectionRow,
  password: string | undefined,
): ConnectionFields {
  const { scheme = 'mongodb', hosts, authSource = dbName, ...parameters } = textOptions(options);
  const place = hosts ?? (scheme === 'mongodb' ? hostAndPort(host, port ?? STANDARD_PORT) : (host ?? ''));
  const query = { ...(username === null ? {} : { authSource }), ...parameters };
  return {
    database: dbName,
    username,
    password,
    hosts,
    ...parameters,
    url: `${scheme}://${loginOf(username, password)}${place}/${encodeURIComponent(dbName)}${queryOf(query)}`,
  };
}

/** How `freeflow tenants connect` prints a connection to MongoDB. */
export const CONNECT = defineRecordedConnect(mongoForm, 'password', ({ url = '' }) => ['mongosh', url]);
