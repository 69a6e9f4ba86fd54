import type { DbMasterErrorCode } from '@freeflow/db-master';
import { CodedError } from '@freeflow/lib/errors';
import type { PgErrorCode } from '@freeflow/lib/pg';
import type { SecretErrorCode } from '@freeflow/lib/secrets';
import type { VaultErrorCode } from '@freeflow/lib/vault';
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
  'secret-store-unset': {
    exitCode: EXIT.usage,
    advice: 'Set VAULT_ADDR and a login that may read secrets: docs/secrets.md',
  },
  'vault-unavailable': { exitCode: EXIT.unreachable, advice: 'Unseal it, or check VAULT_ADDR.' },
  'vault-login': { exitCode: EXIT.refused, advice: 'Check VAULT_TOKEN, VAULT_ROLE_ID and VAULT_SECRET_ID.' },
  'vault-forbidden': { exitCode: EXIT.refused, advice: 'Add it to the policy of this login: docs/secrets.md' },
  'vault-certificate': { exitCode: EXIT.refused, advice: 'Name the file of its issuer in VAULT_CACERT.' },
  'vault-other': { exitCode: EXIT.refused, advice: 'Name the right one, or restore its backup: docs/secrets.md' },
  'vault-unexpected': { exitCode: EXIT.refused, advice: 'Check VAULT_ADDR and VAULT_MOUNT.' },
  'secret-unreadable': {
    exitCode: EXIT.refused,
    advice: 'Restore it from a backup: the row in TenantSecret, or what is in the vault.',
  },
} satisfies Partial<
  Record<DbMasterErrorCode | PgErrorCode | SecretErrorCode | VaultErrorCode, { exitCode: number; advice: string }>
>;

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
