import type { FailureType } from '@freeflow/contract';
import { certificateFault } from '@freeflow/lib/pg';

/**
 * The failure type of an error of the master database: a certificate that isn't trusted is one of its own, since
 * waiting for the server is in vain.
 */
export const masterFaultType = (error: unknown): Extract<FailureType, 'certificate' | 'master-database'> =>
  certificateFault(error) !== undefined || isTlsRefusal(error) ? 'certificate' : 'master-database';

/**
 * By the words of Prisma, whose adapter keeps no code of it; a server without TLS, which it counts among these, has no
 * certificate at all.
 */
function isTlsRefusal(error: unknown): boolean {
  const { message } = (error ?? {}) as { message?: unknown };
  return (
    typeof message === 'string' &&
    message.includes('Error opening a TLS connection') &&
    !/does not support SSL|establishing an SSL/.test(message)
  );
}
