import { retryCollisions, withSession } from '@freeflow/lib/pg';
import { DatabaseError, type Client } from 'pg';
import { certificateProblem, reasonOf, SetUpError, type SetUpProblem } from '../../provisioner/errors';
import { withHome } from './url';

// As long as the worker waits: the first TLS connection of a process takes a busy machine seconds.
const TIMEOUTS = { connectTimeoutMs: 5_000, queryTimeoutMs: 10_000 };

/** The SQLSTATEs that mean something here. */
export const SQLSTATE = {
  duplicateRole: '42710',
  uniqueViolation: '23505',
  insufficientPrivilege: '42501',
  invalidPassword: '28P01',
  missingDatabase: '3D000',
} as const;

const PROBLEMS: Readonly<Record<string, SetUpProblem>> = {
  [SQLSTATE.insufficientPrivilege]: 'forbidden',
  [SQLSTATE.invalidPassword]: 'credentials',
  28000: 'credentials',
  // No connection left; going down, ended by an administrator, starting up.
  53300: 'unreachable',
  '57P01': 'unreachable',
  '57P02': 'unreachable',
  '57P03': 'unreachable',
};

export const hasCode = (error: unknown, ...codes: string[]): boolean =>
  error instanceof DatabaseError && error.code !== undefined && codes.includes(error.code);

/** Runs on one session of a server, in its home database where the URL names none, and ends it. */
export const withServerSession = <T>(url: string, work: (client: Client) => Promise<T>): Promise<T> =>
  withSession(withHome(url), work, TIMEOUTS);

/** Runs a statement that changes roles or rights, again if another session changes the same ones at that moment. */
export async function change(client: Client, statement: string): Promise<void> {
  const run = () => retryCollisions(() => client.query(statement));
  await run().catch((error: unknown) => {
    // Two have made the first setting of a role at once; now it is there to be changed.
    if (error instanceof DatabaseError && error.constraint?.startsWith('pg_db_role_setting') === true) return run();
    throw error;
  });
}

/**
 * Throws while the server does not answer, or refuses the credentials in the URL. The database itself may still be to
 * be made.
 */
export async function checkPostgres(url: string): Promise<void> {
  try {
    await withServerSession(url, (client) => client.query('SELECT 1'));
  } catch (error) {
    if (!hasCode(error, SQLSTATE.missingDatabase)) throw error;
  }
}

/** False when the role is missing or has another password. */
export const canLogIn = (url: string): Promise<boolean> =>
  checkPostgres(url).then(
    () => true,
    (error: unknown) => {
      if (hasCode(error, SQLSTATE.invalidPassword)) return false;
      throw error;
    },
  );

/**
 * What a failure at PostgreSQL means for who set it up. An error of the server itself has a code; a broken connection
 * has none.
 */
export function postgresProblem(error: unknown): unknown {
  if (error instanceof SetUpError || error instanceof TypeError) return error;
  const untrusted = certificateProblem('PostgreSQL', error);
  if (untrusted !== undefined) return untrusted;
  const problem = error instanceof DatabaseError ? PROBLEMS[error.code ?? ''] : 'unreachable';
  return problem === undefined ? error : new SetUpError(problem, `PostgreSQL: ${reasonOf(error)}`, { cause: error });
}
