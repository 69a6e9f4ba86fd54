import type { OperationAnswer, Prisma, PrismaClient } from '@freeflow/db-master';
import { isDuplicate, keyReused, type Caller } from './idempotency';

/** What a key is bound to: an answer to one operation, or to all that is stuck. */
export type Binding = Pick<OperationAnswer, 'bodyHash' | 'action'> &
  Partial<Pick<OperationAnswer, 'tenantId' | 'operationId' | 'step'>>;

/**
 * Remembers which answer an Idempotency-Key stands for. It is bound before the answer is given, so that a repetition
 * can never mean the tenant's next operation; that it was given is another row, since the API changes none.
 */
export function answerKeys(db: PrismaClient) {
  /** @throws Problem `idempotency-key-reused` when the key stands for something else */
  const find = async (
    { principal, idempotencyKey }: Pick<Caller, 'principal' | 'idempotencyKey'>,
    bodyHash: string,
  ): Promise<OperationAnswer | undefined> => {
    if (idempotencyKey === undefined) return undefined;
    const [rows, changes] = await Promise.all([
      db.operationAnswer.findMany({ where: { principal, idempotencyKey } }),
      db.tenantOperation.count({ where: { requestedBy: principal, idempotencyKey } }),
    ]);
    if (changes > 0 || rows.some((it) => it.bodyHash !== bodyHash)) throw keyReused();
    return rows.find((it) => it.state === 'given') ?? rows[0];
  };

  const add = async (
    { principal, idempotencyKey }: Caller,
    binding: Binding,
    more: { state: 'bound' | 'given'; result?: Prisma.InputJsonValue },
  ): Promise<OperationAnswer | undefined> => {
    if (idempotencyKey === undefined) return undefined;
    try {
      return await db.operationAnswer.create({ data: { principal, idempotencyKey, ...binding, ...more } });
    } catch (error) {
      // The same request, sent twice at once.
      if (!isDuplicate(error, 'idempotencyKey')) throw error;
      return find({ principal, idempotencyKey }, binding.bodyHash);
    }
  };

  return {
    find,
    /**
     * What the key is bound to from now on: this, unless the same request was quicker. @throws Problem
     * `idempotency-key-reused`
     */
    bind: (caller: Caller, binding: Binding) => add(caller, binding, { state: 'bound' }),
    /** The answer was given. What it was given by, and how that ended, stays as it was first. */
    markGiven: (caller: Caller, binding: Binding, result?: Prisma.InputJsonValue) =>
      add(caller, binding, { state: 'given', ...(result === undefined ? {} : { result }) }),
  };
}
