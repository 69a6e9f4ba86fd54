import { Prisma, type PrismaClient } from '@freeflow/db-master';
import { IDENTITY_CLASS } from '@freeflow/lib/pg';
import { BackendFault } from '../backends/failures';
import { HOLD_CLASS } from './lock-identity';
import type { Held } from './tenant-lock';

/**
 * Writes to an entry of the ledger, and to what belongs to it, only while the lock is held, as the server itself sees
 * it: an attempt whose session broke, or that took too long, may go on for a moment, and must not overwrite what its
 * successor has recorded. One round trip: the statement waits for the row, looks whether the lock is held, and then
 * writes; so a successor, whose first writing waits for the row, always writes last.
 * @param changes each an INSERT or UPDATE that takes from `fence`, where `fence."isHeld"`
 * @throws BackendFault `lock-lost`
 */
export async function writeFenced(
  db: PrismaClient,
  entryId: string,
  held: Held,
  changes: readonly Prisma.Sql[],
): Promise<void> {
  if (held.signal.aborted) throw lockLost();
  const named = changes.map((change, at) => Prisma.sql`${Prisma.raw(`change_${at}`)} AS (${change})`);
  const [fence] = await db.$queryRaw<{ isHeld: boolean }[]>`
    WITH ${Prisma.join([fenceOf(entryId, held), ...named])} SELECT "isHeld" FROM fence`;
  if (fence?.isHeld !== true) throw lockLost();
}

/**
 * The same of the entry alone.
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
    WITH ${fenceOf(entryId, held)} ${updateEntry(entryId, set)} RETURNING ${returning}`;
  if (row === undefined) throw lockLost();
  return row;
}

/** A change of the entry itself, for {@link writeFenced}. @param set what follows `SET` */
export const updateEntry = (entryId: string, set: Prisma.Sql): Prisma.Sql =>
  Prisma.sql`UPDATE "TenantResource" SET ${set} FROM fence WHERE id = ${entryId}::uuid AND fence."isHeld"`;

const fenceOf = (entryId: string, { key, pid, session, hold }: Held): Prisma.Sql => Prisma.sql`
    entry AS MATERIALIZED (SELECT "callStartedAt" FROM "TenantResource" WHERE id = ${entryId}::uuid FOR UPDATE),
    fence AS MATERIALIZED (
      SELECT hold_entry(${entryId}::uuid, ${key}, ${pid}::int, ${IDENTITY_CLASS}::bigint, ${session}::bigint, ${HOLD_CLASS}::bigint, ${hold}::bigint) AS "isHeld",
             "callStartedAt" AS "earlierCall" FROM entry)`;

const lockLost = (): BackendFault =>
  new BackendFault('lock-lost', 'the session holding the lock broke, so nothing is recorded any more');
