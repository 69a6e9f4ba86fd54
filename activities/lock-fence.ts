import { Prisma, type PrismaClient } from '@freeflow/db-master';
import { BackendFault } from '../backends/failures';
import { HOLD_CLASS, IDENTITY_CLASS } from './lock-identity';
import type { Held } from './tenant-lock';

type Tx = Prisma.TransactionClient;

/**
 * Writes to an entry of the ledger, and what belongs to it, only while the lock is held, as the server itself sees it:
 * an attempt whose session broke, or that took too long, may go on for a moment, and must not overwrite what its
 * successor has recorded. The row is locked before the check, so a successor, whose first writing waits for the row,
 * always writes last.
 * @throws BackendFault `lock-lost`
 */
export async function writeFenced<T>(
  db: PrismaClient,
  entryId: string,
  held: Held,
  write: (tx: Tx) => Promise<T>,
): Promise<T> {
  return db.$transaction(async (tx) => {
    const [{ isHeld }] = await tx.$queryRaw<[{ isHeld: boolean }]>`SELECT ${holdEntry(entryId, held)} AS "isHeld"`;
    if (held.signal.aborted || !isHeld) throw lockLost();
    return write(tx);
  });
}

/**
 * The same of the entry alone, in one round trip: the statement waits for the row, looks whether the lock is held, and
 * then sets.
 * @param set what follows `SET`
 * @param returning what follows `RETURNING`; `fence."earlierCall"` is what the row had as `callStartedAt`
 * @throws BackendFault `lock-lost`
 */
export async function updateFenced<T>(
  db: PrismaClient,
  entryId: string,
  held: Held,
  set: Prisma.Sql,
  returning = Prisma.sql`id`,
): Promise<T> {
  if (held.signal.aborted) throw lockLost();
  const [row] = await db.$queryRaw<T[]>`
    WITH entry AS MATERIALIZED (SELECT "callStartedAt" FROM "TenantResource" WHERE id = ${entryId}::uuid FOR UPDATE),
    fence AS MATERIALIZED (SELECT ${holdEntry(entryId, held)} AS "isHeld", "callStartedAt" AS "earlierCall" FROM entry)
    UPDATE "TenantResource" SET ${set} FROM fence WHERE id = ${entryId}::uuid AND fence."isHeld" RETURNING ${returning}`;
  if (row === undefined) throw lockLost();
  return row;
}

const holdEntry = (entryId: string, { key, pid, session, hold }: Held): Prisma.Sql =>
  Prisma.sql`hold_entry(${entryId}::uuid, ${key}, ${pid}::int, ${IDENTITY_CLASS}::bigint, ${session}::bigint, ${HOLD_CLASS}::bigint, ${hold}::bigint)`;

const lockLost = (): BackendFault =>
  new BackendFault('lock-lost', 'the session holding the lock broke, so nothing is recorded any more');
