import { ConnectionString } from 'mongodb-connection-string-url';

/** Whether a URL names a PostgreSQL server in a way that `pg` takes. It knows no lists of hosts, and takes `a,b` for the name of one. */
export function isPostgresUrl(text: string): boolean {
  const url = urlOf(text);
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol)) return false;
  const { searchParams } = url;
  return ![url.hostname, searchParams.get('host'), searchParams.get('port')].some((it) => /,|%2c/i.test(it ?? ''));
}

/** Whether MongoDB's own parser takes a text: a list of hosts is no URL that `URL` would take. */
export const isMongoUrl = (text: string): boolean => mongoUrlOf(text) !== undefined;

/** What a tenant is handed is recorded and shown as it stands: a login belongs elsewhere, and so does a password of any kind. */
const NO_ADDRESS = {
  postgres: ['user', 'password', 'dbname', 'database', 'passfile', 'sslpassword'],
  mongodb: [
    'authSource',
    'authMechanism',
    'authMechanismProperties',
    'tlsCertificateKeyFilePassword',
    'proxyUsername',
    'proxyPassword',
  ],
};

/** Whether it is a PostgreSQL URL that names a server and nothing else: neither a login nor a database. */
export function isPostgresAddress(text: string): boolean {
  const url = urlOf(text);
  return (
    url !== undefined &&
    isPostgresUrl(text) &&
    isBare(url) &&
    url.hostname !== '' &&
    !NO_ADDRESS.postgres.some((it) => url.searchParams.has(it))
  );
}

/** The same for MongoDB. */
export function isMongoAddress(text: string): boolean {
  const url = mongoUrlOf(text);
  return url !== undefined && isBare(url) && !NO_ADDRESS.mongodb.some((it) => url.searchParams.has(it));
}

const isBare = ({ username, password, pathname }: { username: string; password: string; pathname: string }): boolean =>
  username === '' && password === '' && /^\/?$/.test(pathname);

const urlOf = (text: string): URL | undefined => (URL.canParse(text) ? new URL(text) : undefined);

function mongoUrlOf(text: string): ConnectionString | undefined {
  try {
    return new ConnectionString(text);
  } catch {
    return undefined;
  }
}
