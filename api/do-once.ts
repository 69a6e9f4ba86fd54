import { scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import type { AuditAction } from '@freeflow/contract';
import type { Prisma, PrismaClient } from '@freeflow/db-master';
import { answerKeys } from './tenants/answer-keys';
import { fingerprint, type Caller } from './tenants/idempotency';

const HASH_BYTES = 32;

/** A change as its key knows it. */
interface KeyedChange {
  action: Extract<AuditAction, `webhooks.${string}` | 'fleet.upgrade'>;
  /** Of the request, so that a key used for something else is noticed. */
  bodyHash: string;
}

/** Runs the change in one transaction, and binds the key in it. */
type Commit<T> = (change: (tx: Prisma.TransactionClient) => Promise<T>) => Promise<T>;

/**
 * Makes a change of what is no tenant's once, however often its request is sent under its Idempotency-Key: what has
 * been done is answered as it was then.
 * @param work what is to be done, the change itself by `commit`
 * @throws Problem `idempotency-key-reused`, or as `work`
 */
export async function doOnce<T extends Prisma.InputJsonObject>(
  db: PrismaClient,
  caller: Caller,
  { action, bodyHash }: KeyedChange,
  work: (commit: Commit<T>) => Promise<T>,
): Promise<T> {
  const { principal, idempotencyKey } = caller;
  const keys = answerKeys(db);
  const findAnswer = async () => (await keys.find(caller, bodyHash))?.result as T | undefined;
  const commit: Commit<T> = (change) =>
    db.$transaction(async (tx) => {
      const result = await change(tx);
      // Of two at once the second is refused here, and undone.
      if (idempotencyKey !== undefined)
        await tx.operationAnswer.create({
          data: { principal, idempotencyKey, bodyHash, action, state: 'given', result },
        });
      return result;
    });
  const before = await findAnswer();
  if (before !== undefined) return before;
  try {
    return await work(commit);
  } catch (error) {
    // The one that came first may be this very request, sent again before its answer.
    const other = await findAnswer();
    if (other !== undefined) return other;
    throw error;
  }
}

/** As {@link fingerprint}, of what may hold a secret that could be guessed: each guess takes long. */
export async function slowFingerprint(
  route: string,
  content: object,
  { principal, idempotencyKey }: Caller,
): Promise<string> {
  // Without a key nothing is compared.
  if (idempotencyKey === undefined) return '';
  const hash = await promisify<string, string, number, Buffer>(scrypt)(
    fingerprint(route, content),
    `${principal}/${idempotencyKey}`,
    HASH_BYTES,
  );
  return hash.toString('hex');
}
