import { hostAndPort } from '../address';
import {
  type ConnectionFields,
  type ConnectionRow,
  defineRecordedConnect,
  loginOf,
  queryOf,
  textOptions,
} from '../connect';
import { libpqUrl } from './libpq-url';

const STANDARD_PORT = 5432;

/** A PostgreSQL connection. What was recorded besides the schema are parameters of its URL, such as `sslmode`. */
export function postgresForm(
  { host, port, username, dbName, options }: ConnectionRow,
  password: string | undefined,
): ConnectionFields {
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
    url: `postgresql://${loginOf(username, password)}${place}/${encodeURIComponent(dbName)}${queryOf(query)}`,
  };
}

/** How `freeflow tenants connect` prints a connection to PostgreSQL. */
export const CONNECT = defineRecordedConnect(postgresForm, 'password', ({ url }) => ['psql', libpqUrl(String(url))]);
