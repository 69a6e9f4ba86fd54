import { ANSWER_EFFECT_ACTIONS, UUID_NAMESPACE, type TakenAnswer } from '@freeflow/contract';
import { recordAudit, type AuditRow, type Prisma, type TenantOperation } from '@freeflow/db-master';
import { v5 as uuidV5 } from 'uuid';

/** By whom, where an answer doesn't say. */
const NOBODY_KNOWN = 'temporal';

/**
 * Adds to the audit trail what was answered, whatever channel it came by, in the transaction of its effect. Repeated,
 * each is the same row.
 */
export async function recordAnswers(
  tx: Prisma.TransactionClient,
  operation: Pick<TenantOperation, 'id' | 'tenantId'>,
  tenantName: string,
  answers: readonly TakenAnswer[],
): Promise<void> {
  if (answers.length === 0) return;
  await recordAudit(
    tx,
    answers.map((it) => rowOf(it, operation, tenantName)),
  );
}

const rowOf = (
  { key, action, by, reason, requestId, steps, at }: TakenAnswer,
  { id, tenantId }: Pick<TenantOperation, 'id' | 'tenantId'>,
  tenantName: string,
): AuditRow => ({
  id: uuidV5(`answer/${key}`, UUID_NAMESPACE),
  // Whoever answers at Temporal may name a request and a person as well: what the API has not begun, the database makes
  // a claim.
  channel: requestId === undefined ? 'temporal' : 'api',
  action: ANSWER_EFFECT_ACTIONS[action],
  outcome: 'done',
  actor: by === 'unknown' ? NOBODY_KNOWN : by,
  tenantId,
  tenantName,
  operationId: id,
  requestId: requestId ?? null,
  detail: { steps, reason, givenAt: at },
});
