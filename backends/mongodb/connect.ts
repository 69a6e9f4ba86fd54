import { hostAndPort } from '../address';
import { type ConnectionFields, type ConnectionRow, defineRecordedConnect, textOptions, urlOf } from '../connect';

const STANDARD_PORT = 27_017;

/** A MongoDB connection: all its hosts, its replica set, its TLS; without a port where DNS supplies hosts and ports. */
export function mongoForm(row: ConnectionRow, password: string | undefined): ConnectionFields {
  const { host, port, username, dbName, options } = row;
  const { scheme = 'mongodb', hosts, authSource = dbName, ...parameters } = textOptions(options);
  const place = hosts ?? (scheme === 'mongodb' ? hostAndPort(host, port ?? STANDARD_PORT) : (host ?? ''));
  const query = { ...(username === null ? {} : { authSource }), ...parameters };
  return {
    database: dbName,
    username,
    password,
    hosts,
    ...parameters,
    url: urlOf(scheme, row, password, place, query),
  };
}

/** How `freeflow tenants connect` prints a connection to MongoDB. */
export const CONNECT = defineRecordedConnect(mongoForm, 'password', ({ url = '' }) => ['mongosh', url]);
