import type { Prisma } from './generated/client';

/** What time it is by the master database: the clocks of processes differ, and jump. */
export async function masterNow(db: Pick<Prisma.TransactionClient, '$queryRaw'>): Promise<Date> {
  const [{ now }] = await db.$queryRaw<[{ now: Date }]>`SELECT clock_timestamp() AS now`;
  return now;
}
