import type { Prisma } from '@freeflow/db-master';

/** What time it is by the master database: the clocks of workers differ, and jump. */
export async function masterNow(db: Pick<Prisma.TransactionClient, '$queryRaw'>): Promise<Date> {
  const [{ now }] = await db.$queryRaw<[{ now: Date }]>`SELECT clock_timestamp() AS now`;
  return now;
}
