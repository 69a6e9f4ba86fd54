import { hostAndPort } from '../address';
import { type ConnectionFields, type ConnectionRow, defineRecordedConnect, textOptions, urlOf } from '../connect';
import { libpqUrl } from './libpq-url';

const STANDARD_PORT = 5432;

/** A PostgreSQL connection. What was recorded besides the schema are parameters of its URL, such as `sslmode`. */
export function postgresForm(row: ConnectionRow, password: string | undefined): ConnectionFields {
  const { host, port, username, dbName, options } = row;
  const { schema: _schema, ...parameters } = textOptions(options);
  // The folder of a socket can't stand where a host does.
  const isSocket = host?.startsWith('/') === true;
  const place = isSocket ? '' : hostAndPort(host, port ?? STANDARD_PORT);
  const query = isSocket ? { host, port: String(port ?? STANDARD_PORT), ...parameters } : parameters;
  return {
    database: dbName,
    username,
    password,
    ...parameters,
    url: urlOf('postgresql', row, password, place, query),
  };
}

/** How `freeflow tenants connect` prints a connection to PostgreSQL. */
export const CONNECT = defineRecordedConnect(postgresForm, 'password', ({ url }) => ['psql', libpqUrl(String(url))]);
