import { secret, text } from '@freeflow/lib/config';
import { ConnectionString } from 'mongodb-connection-string-url';
import { isMongoUrl } from './provisioner/client';

/**
 * A tenant's address of the servers is recorded and shown as it stands: a login belongs elsewhere, and so does a
 * password of any kind.
 */
const NOT_IN_ADDRESS = [
  'authSource',
  'authMechanism',
  'authMechanismProperties',
  'tlsCertificateKeyFilePassword',
  'proxyUsername',
  'proxyPassword',
];

/** A MongoDB server and a login there. */
export const mongoUrl = () =>
  text(
    'mongodb://USER:PASSWORD@HOST:PORT,HOST:PORT/?OPTIONS, or mongodb+srv://',
    (url) => connectionString(url) !== undefined,
  );

/** Where a MongoDB server is, without a login. */
export const mongoAddress = () =>
  text(
    'mongodb://HOST:PORT,HOST:PORT/?OPTIONS, or mongodb+srv://, without user, password and database',
    isMongoAddress,
  );

/** An owner's login at a MongoDB server, as the driver takes it. */
export const mongoLogin = () => text('mongodb://USER:PASSWORD@HOST:PORT/?OPTIONS', isMongoUrl);

/** What the worker reads of its environment for MongoDB. */
export const VARIABLES = {
  MONGODB_ADMIN_URL: secret(
    mongoUrl(),
    "the tenants' MongoDB server, by a login that may create users and drop databases",
  ),
  MONGODB_TENANT_URL: mongoAddress()
    .optional()
    .describe(
      "the MongoDB server as the tenants' applications reach it; unset: the worker's own way, without its login",
    ),
};

function isMongoAddress(address: string): boolean {
  const url = connectionString(address);
  if (url === undefined) return false;
  const isBare = url.username === '' && url.password === '' && /^\/?$/.test(url.pathname);
  return isBare && !NOT_IN_ADDRESS.some((it) => url.searchParams.has(it));
}

/** By MongoDB's own parser: a list of hosts is no URL that `URL` would take. */
function connectionString(address: string): ConnectionString | undefined {
  try {
    return new ConnectionString(address);
  } catch {
    return undefined;
  }
}
