import type { Prisma, PrismaClient } from '@freeflow/db-master';
import { BackendFault } from '../backends/failures';
import { IDENTITY_CLASS } from './lock-identity';
import type { Held } from './tenant-lock';

type Tx = Prisma.TransactionClient;

/**
 * Writes to an entry of the ledger only while the lock is held, as the server itself sees it: an attempt whose session broke, or
 * that took too long, may go on for a moment, and must not overwrite what its successor has recorded. The row is locked before the check, so
 * a successor, whose first writing waits for the row, always writes last.
 * @throws BackendFault `lock-lost`
 */
export async function writeFenced<T>(
  db: PrismaClient,
  entryId: string,
  held: Held,
  write: (tx: Tx) => Promise<T>,
): Promise<T> {
  return db.$transaction(async (tx) => {
    const [{ isHeld }] = await tx.$queryRaw<[{ isHeld: boolean }]>`
      SELECT lock_entry_while_held(${entryId}::uuid, ${held.key}, ${held.pid}::int, ${IDENTITY_CLASS}::bigint, ${held.session}::bigint) AS "isHeld"`;
    // By its own process as well: there the same session may hold the same lock for a successor by now.
    if (held.signal.aborted || !isHeld)
      throw new BackendFault('lock-lost', 'the session holding the lock broke, so nothing is recorded any more');
    return write(tx);
  });
}
