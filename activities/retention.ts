import type { StepFailure } from '@freeflow/contract';
import type { Prisma, TenantOperation } from '@freeflow/db-master';
import { forcedDeletionBeside } from './tenant-record-ends';

type Tx = Prisma.TransactionClient;

/**
 * A restore that ends without success was somebody's wish to save the data: it is kept for a full new retention from now, or as long as
 * it was to be kept anyway. Not where a forced deletion waits: that is the newer wish.
 * @returns why it ended, with the sentence that tells until when the data is kept, where it is such a case
 */
export async function keepUnrestored(
  tx: Tx,
  operation: TenantOperation,
  now: Date,
  why: StepFailure,
  retentionMs: number,
): Promise<{ why: StepFailure; sentence: string }> {
  if (operation.kind !== 'restore' || (await forcedDeletionBeside(tx, operation)) !== undefined)
    return { why, sentence: '' };
  const { id, status, goneAt, purgeAt } = await tx.tenant.findUniqueOrThrow({ where: { id: operation.tenantId } });
  if (status !== 'deleted' || goneAt !== null) return { why, sentence: '' };
  const keptMs = Math.max(
    retentionMs,
    purgeAt === null ? 0 : purgeAt.getTime() - (await lastDatedAt(tx, operation, now)).getTime(),
  );
  const until = new Date(Math.max(now.getTime() + keptMs, purgeAt?.getTime() ?? 0));
  await tx.tenant.update({ where: { id }, data: { purgeAt: until } });
  const sentence = `The data is kept until ${until.toISOString()}, then purged: restore it before that.`;
  return { why: { ...why, advice: `${why.advice} ${sentence}`.trim() }, sentence: `. ${sentence}` };
}

/** When the purge date was last set: what was granted then is granted again, also by a worker that is configured to keep less. */
async function lastDatedAt(tx: Tx, { tenantId }: TenantOperation, now: Date): Promise<Date> {
  const dating = await tx.tenantOperation.findFirst({
    where: {
      tenantId,
      endedAt: { not: null },
      OR: [
        { kind: 'soft_delete', state: 'done', fromStatus: { not: null } },
        { kind: 'restore', state: { not: 'done' } },
      ],
    },
    orderBy: { endedAt: 'desc' },
  });
  return dating?.endedAt ?? now;
}
