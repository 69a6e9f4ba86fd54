import type { DbMasterErrorCode } from '@freeflow/db-master';
import { CodedError } from '@freeflow/lib/errors';
import type { PgErrorCode } from '@freeflow/lib/pg';
import type { SecretErrorCode } from '@freeflow/lib/secrets';
import { EXIT, Failure } from './failure';

const IS_IT_UP = 'Check that it is up. For the local stack: npm run stack:status';

/** What to do about each failure of reading the master database, and how the command ends with it. */
const WAYS_OUT: Partial<Record<string, { exitCode: number; advice: string }>> = {
  'server-unreachable': { exitCode: EXIT.unreachable, advice: IS_IT_UP },
  'certificate-untrusted': {
    exitCode: EXIT.refused,
    advice: 'Trust its issuer here (NODE_EXTRA_CA_CERTS, or sslrootcert in the URL), or correct the host.',
  },
  'access-denied': { exitCode: EXIT.refused, advice: 'Check user and password in MASTER_DATABASE_URL.' },
  'not-migrated': { exitCode: EXIT.refused, advice: 'Check that MASTER_DATABASE_URL names the right database.' },
  'secret-key-invalid': { exitCode: EXIT.usage, advice: 'Take it from the environment of the worker.' },
  'secret-key-unknown': { exitCode: EXIT.refused, advice: 'Take both from the environment of the worker.' },
  'secret-ref-foreign': {
    exitCode: EXIT.refused,
    advice: 'Rows of the master database were changed by hand: compare it with a backup before you use it.',
  },
  'secret-unreadable': { exitCode: EXIT.refused, advice: 'Restore the row in TenantSecret from a backup.' },
} satisfies Partial<Record<DbMasterErrorCode | PgErrorCode | SecretErrorCode, { exitCode: number; advice: string }>>;

/** The failure to report for an error met while reading the master database. */
export function toFailure(error: unknown): unknown {
  if (error instanceof Failure) return error;
  if (error instanceof CodedError) {
    const { exitCode, advice } = WAYS_OUT[error.code] ?? { exitCode: EXIT.refused, advice: IS_IT_UP };
    return new Failure(exitCode, error.message, advice, { cause: error });
  }
  // What isn't Prisma's is a fault of our own, to be reported as it is.
  if (!(error instanceof Error && error.name.startsWith('PrismaClient'))) return error;
  if (error.message.includes('42501')) {
    return new Failure(
      EXIT.refused,
      "The user of MASTER_DATABASE_URL may not read tenants' secrets.",
      'Use a login of the role freeflow_worker.',
      { cause: error },
    );
  }
  return new Failure(EXIT.unreachable, 'The master database stopped answering.', IS_IT_UP, { cause: error });
}
