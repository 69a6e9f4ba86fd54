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
    await tx.$queryRaw`SELECT 1 FROM "TenantResource" WHERE id = ${entryId}::uuid FOR UPDATE`;
    // By its own process first: there the same session may hold the same lock for a successor by now.
    if (held.signal.aborted || !(await isHeldAtServer(tx, held)))
      throw new BackendFault('lock-lost', 'the session holding the lock broke, so nothing is recorded any more');
    return write(tx);
  });
}

/** By the very session that took it: its process may be another's by now, which holds the same lock. */
async function isHeldAtServer(tx: Tx, { key, pid, session }: Held): Promise<boolean> {
  // How a key of 64 bits, or of two numbers, is shown: https://www.postgresql.org/docs/current/view-pg-locks.html
  const [{ isHeld }] = await tx.$queryRaw<[{ isHeld: boolean }]>`
    SELECT count(*) = 2 AS "isHeld" FROM pg_locks
     WHERE locktype = 'advisory' AND granted AND pid = ${pid}::int
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND CASE objsubid
             WHEN 1 THEN (classid::bigint << 32 | objid::bigint) = hashtextextended(${key}, 0)
             ELSE classid::bigint = ${IDENTITY_CLASS}::bigint AND objid::bigint = ${session}::bigint
           END`;
  return isHeld;
}
