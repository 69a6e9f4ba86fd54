import type { Prisma, PrismaClient } from './generated/client';

/**
 * Reads in one snapshot. Prisma reads included rows by statements of their own: without this, a tenant could be
 * shown as provisioning beside its operation that is done, or the user of one version with the password of the next.
 */
export function inOneSnapshot<T>(db: PrismaClient, query: (tx: Prisma.TransactionClient) => Promise<T>): Promise<T> {
  // Not the form that takes a list: for a list of one query it leaves the transaction out.
  return db.$transaction(query, { isolationLevel: 'RepeatableRead' });
}
