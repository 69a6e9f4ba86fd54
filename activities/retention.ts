import type { StepFailure } from '@freeflow/contract';
import { findInterrupter } from './operation-row';
import type { Rows, Tx } from './record-step';

/**
 * Keeps the data of a restore that ends without success: an administrator meant to save it. It is kept for a full new
 * retention from now, or for as long as it was kept before. Not where a forced deletion waits: that is the newer wish.
 * @returns why the operation ended, and a sentence for the log, both with the new purge date where there is one
 */
export async function extendRetention(
  tx: Tx,
  { operation, now }: Pick<Rows, 'operation' | 'now'>,
  reason: StepFailure,
  retentionMs: number,
): Promise<{ reason: StepFailure; sentence: string }> {
  if (operation.kind !== 'restore') return { reason, sentence: '' };
  if ((await findInterrupter(tx, operation)) !== undefined) return { reason, sentence: '' };
  const { id, status, goneAt, purgeAt } = await tx.tenant.findUniqueOrThrow({ where: { id: operation.tenantId } });
  if (status !== 'deleted' || goneAt !== null) return { reason, sentence: '' };
  const datedAt = await findLastDating(tx, operation.tenantId);
  const until = decidePurgeAt({ now, purgeAt, datedAt: datedAt ?? now, retentionMs });
  await tx.tenant.update({ where: { id }, data: { purgeAt: until } });
  const sentence = `The data is kept until ${until.toISOString()}, then purged: restore it before that.`;
  return { reason: { ...reason, advice: `${reason.advice} ${sentence}`.trim() }, sentence: `. ${sentence}` };
}

/**
 * When data is purged that is to be kept anew: after the longer of the retention and the time that was granted before,
 * also by a worker that is configured to keep less; never earlier than it was to be purged. Pure.
 * @param datedAt when `purgeAt` was set
 */
export function decidePurgeAt({
  now,
  purgeAt,
  datedAt,
  retentionMs,
}: {
  now: Date;
  purgeAt: Date | null;
  datedAt: Date;
  retentionMs: number;
}): Date {
  const grantedMs = purgeAt === null ? 0 : purgeAt.getTime() - datedAt.getTime();
  return new Date(Math.max(now.getTime() + Math.max(retentionMs, grantedMs), purgeAt?.getTime() ?? 0));
}

/** When the purge date was last set. */
async function findLastDating(tx: Tx, tenantId: string): Promise<Date | undefined> {
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
  return dating?.endedAt ?? undefined;
}
