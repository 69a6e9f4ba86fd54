import type { Prisma, PrismaClient } from '@freeflow/db-master';
import { BackendFault } from './failures';
import type { Held } from './tenant-lock';

type Tx = Prisma.TransactionClient;

/**
 * Writes to an entry of the ledger only while the lock is held, as the server itself sees it: an attempt whose session broke
 * may go on for a moment, and must not overwrite what its successor says. The row is locked before we look, so a successor,
 * whose first writing waits for the row, always writes last.
 * @throws BackendFault `lock-lost`
 */
export async function fenced<T>(db: PrismaClient, entryId: string, { key, pid }: Held, write: (tx: Tx) => Promise<T>): Promise<T> {
  return db.$transaction(async (tx) => {
    await tx.$queryRaw`SELECT 1 FROM "TenantResource" WHERE id = ${entryId}::uuid FOR UPDATE`;
    // How a key of 64 bits is shown: https://www.postgresql.org/docs/current/view-pg-locks.html
    const [{ isHeld }] = await tx.$queryRaw<[{ isHeld: boolean }]>`
      SELECT EXISTS (
        SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = ${pid}::int AND objsubid = 1
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
           AND (classid::bigint << 32 | objid::bigint) = hashtextextended(${key}, 0)) AS "isHeld"`;
    if (!isHeld) throw new BackendFault('lock-lost', 'the session holding the lock broke, so nothing is written down any more');
    return write(tx);
  });
}
