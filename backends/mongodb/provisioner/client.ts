import {
  type Db,
  MongoClient,
  MongoError,
  MongoNetworkError,
  MongoServerError,
  MongoServerSelectionError,
} from 'mongodb';
import { ConnectionString } from 'mongodb-connection-string-url';
import { certificateProblem, reasonOf, SetUpError, type SetUpProblem } from '../../provisioner/errors';

const TIMEOUTS = { serverSelectionTimeoutMS: 3_000, connectTimeoutMS: 3_000, appName: 'freeflow-setup' };

const UNAUTHORIZED = 13;
const AUTHENTICATION_FAILED = 18;
const PROBLEMS: Readonly<Record<number, SetUpProblem>> = {
  [UNAUTHORIZED]: 'forbidden',
  [AUTHENTICATION_FAILED]: 'credentials',
};

/** Runs against the admin database and closes the connection. */
export async function withAdmin<T>(url: string, work: (admin: Db) => Promise<T>): Promise<T> {
  const client = new MongoClient(url, TIMEOUTS);
  try {
    return await work(client.db('admin'));
  } finally {
    await client.close();
  }
}

/** Throws while the server does not answer, or refuses the credentials in the URL. */
export const checkMongo = (url: string): Promise<void> =>
  withAdmin(url, async (admin) => {
    await admin.command({ connectionStatus: 1 });
  });

/** False when the user is missing or has another password. */
export const canLogIn = (url: string): Promise<boolean> =>
  checkMongo(url).then(
    () => true,
    (error: unknown) => {
      if (error instanceof MongoServerError && error.code === AUTHENTICATION_FAILED) return false;
      throw error;
    },
  );

/** What a failure at MongoDB means for who set it up. */
export function mongoProblem(error: unknown): unknown {
  const untrusted = certificateProblem('MongoDB', error);
  if (untrusted !== undefined) return untrusted;
  const problem = problemOf(error);
  return problem === undefined
    ? error
    : new SetUpError(problem, `MongoDB: ${problem === 'forbidden' ? describeRefusal(error) : reasonOf(error)}`, {
        cause: error,
      });
}

/** Without the command itself, which the server quotes: a new password may be part of it. */
const describeRefusal = (error: unknown): string =>
  `not authorized to run ${/ command \{ (\w+)/.exec(reasonOf(error))?.[1] ?? 'a command'} in database admin`;

function problemOf(error: unknown): SetUpProblem | undefined {
  if (error instanceof MongoServerError) return PROBLEMS[Number(error.code)];
  if (error instanceof MongoNetworkError || error instanceof MongoServerSelectionError) return 'unreachable';
  // What the driver finds wrong with the URL before it connects.
  return error instanceof MongoError ? 'credentials' : undefined;
}

/**
 * The same servers and options, another user. By MongoDB's own parser: a list of hosts is no URL that `URL` would take,
 * and options have no case.
 */
export function withLogin(url: string, user: string, password: string): string {
  if (!isMongoUrl(url))
    throw new SetUpError('credentials', 'MongoDB: the URL is not of the form mongodb://USER:PASSWORD@HOST:PORT/');
  const changed = new ConnectionString(url);
  changed.username = encodeURIComponent(user);
  changed.password = encodeURIComponent(password);
  changed.searchParams.set('authSource', 'admin');
  for (const name of ['authMechanism', 'authMechanismProperties']) changed.searchParams.delete(name);
  return changed.href;
}

/** The servers in a URL, for messages: neither user nor password. */
export const mongoHosts = (url: string): string => (isMongoUrl(url) ? new ConnectionString(url).hosts.join(',') : '');

/**
 * Whether the driver takes a text for a URL. Check this first: the driver's own error quotes all of it, password
 * included.
 */
export function isMongoUrl(text: string): boolean {
  try {
    new MongoClient(text);
    return true;
  } catch {
    return false;
  }
}
