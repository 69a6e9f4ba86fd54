import { randomUUID } from 'node:crypto';
import type { Answer } from '@freeflow/contract';
import { inOneSnapshot, type PrismaClient, type TenantOperation } from '@freeflow/db-master';
import { linkToOperation } from '@freeflow/lib/tracing';
import { Problem } from '../errors';
import type { TemporalGateway } from '../temporal-gateway';
import { acceptedOf } from './accept';
import { answerKeys, type Binding } from './answer-keys';
import { fingerprint, type Caller } from './idempotency';
import { operationEnded, refuseAnswer, tenantNotFound } from './refusals';
import type { TenantWithOperation } from './view';

/** An answer as a request has it; `operationId`: the operation that is meant, the current one when left out. */
export type GivenAnswer = Omit<Answer, 'by' | 'requestId'>;

/** Hands one answer of on-call's to the run that waits for it. */
export function tenantAnswerer(db: PrismaClient, temporal: TemporalGateway) {
  const keys = answerKeys(db);

  /**
   * The tenant with its open operations, the one that is worked on first: a forced deletion beside it waits until that
   * has ended.
   */
  const find = async (id: string): Promise<TenantWithOperation> => {
    const [tenant] = await findEach([id]);
    if (tenant === undefined) throw tenantNotFound(id);
    return tenant;
  };

  /**
   * The same of many, by one query: a transaction for each would queue for the few connections until one waits too
   * long.
   */
  const findEach = (ids: readonly string[]): Promise<TenantWithOperation[]> => {
    const operations = { where: { endedAt: null, kind: { not: 'adopt' } }, orderBy: { createdAt: 'asc' } } as const;
    return inOneSnapshot(db, (tx) => tx.tenant.findMany({ where: { id: { in: [...ids] } }, include: { operations } }));
  };

  /** The tenant as it is now, with the operation that was answered. */
  const show = async (operationId: string): Promise<TenantWithOperation> => {
    const { tenant, ...operation } = await db.tenantOperation.findUniqueOrThrow({
      where: { id: operationId },
      include: { tenant: true },
    });
    return { ...tenant, operations: [operation] };
  };

  /**
   * Gives an answer to the operation that is worked on.
   * @throws Problem `operation-changed` | `not-stuck` | `not-skippable` | `past-point-of-no-return` |
   * `orchestrator-unavailable`
   */
  const deliver = async (
    tenant: TenantWithOperation,
    { id: operationId, traceparent }: TenantOperation,
    answer: Answer,
    answerId: string,
  ): Promise<void> => {
    linkToOperation(traceparent);
    const outcome = await temporal.answer(tenant.id, { ...answer, operationId }, answerId).catch(throwUnavailable);
    if (typeof outcome === 'object') throw refuseAnswer(answer, outcome.refused);
    if (outcome !== 'no-run') return;
    // Never started, or its run was terminated: a new run finds the true state from ledger and backends.
    const newest = tenant.operations.at(-1);
    if (answer.action !== 'retry' || newest === undefined)
      throw new Problem('not-stuck', 'The operation has no run. Retry it first: that starts one.');
    temporal.start(acceptedOf(tenant.name, newest));
  };

  /** The operation that is meant, of those that are open. */
  const findMeant = ({ operations }: TenantWithOperation, operationId: string | undefined): TenantOperation => {
    const [current] = operations;
    if (operationId !== undefined && !operations.some((it) => it.id === operationId)) throw operationEnded(operationId);
    if (current === undefined) throw new Problem('not-stuck', 'No operation is in progress on this tenant.');
    return current;
  };

  /**
   * Its operation has ended before it was known that the answer was given: Temporal knows whether it was that answer.
   */
  const assertWasGiven = async (tenantId: string, operationId: string, answerId: string): Promise<void> => {
    const { runId } = await db.tenantOperation.findUniqueOrThrow({ where: { id: operationId } });
    if (runId === null || !(await temporal.hasAnswered(tenantId, runId, answerId).catch(throwUnavailable)))
      throw operationEnded(operationId);
  };

  return {
    deliver,
    findEach,
    /** @throws Problem `tenant-unknown` | `idempotency-key-reused`, or as {@link deliver} */
    async answer(id: string, given: GivenAnswer, caller: Caller): Promise<TenantWithOperation> {
      const bodyHash = fingerprint(`${given.action} /tenants/${id}`, given);
      const earlier = await keys.find(caller, bodyHash);
      if (earlier?.state === 'given') return show(earlier.operationId ?? '');

      const tenant = await find(id);
      const meantId = earlier?.operationId ?? findMeant(tenant, given.operationId).id;
      const binding: Binding = {
        bodyHash,
        tenantId: id,
        operationId: meantId,
        action: given.action,
        step: given.step ?? null,
      };
      const { state, operationId: bound } = earlier ??
        (await keys.bind(caller, binding)) ?? { state: 'bound', operationId: meantId };
      const operationId = bound ?? meantId;
      const operation = tenant.operations.find((it) => it.id === operationId);
      const answerId = answerIdOf(caller);
      if (state !== 'given' && operation === undefined) await assertWasGiven(id, operationId, answerId);
      if (state !== 'given' && operation !== undefined) {
        await caller.audit.begin({ tenantId: id, tenantName: tenant.name, operationId, detail: detailOf(given) });
        await deliver(tenant, operation, { ...given, ...senderOf(caller) }, answerId);
      }
      await keys.markGiven(caller, { ...binding, operationId });
      return operation === undefined ? show(operationId) : { ...tenant, operations: [operation] };
    },
  };
}

/** Who sends an answer, and by which request. */
export const senderOf = ({ principal, audit }: Caller): Pick<Answer, 'by' | 'requestId'> => ({
  by: principal,
  requestId: audit.requestId,
});

const detailOf = ({ step, reason }: GivenAnswer) => ({ step, reason });

/** The same answer has the same id, however often it is sent: Temporal gives it to a run once. */
export const answerIdOf = ({ principal, idempotencyKey }: Caller): string =>
  idempotencyKey === undefined ? randomUUID() : `${principal}/${idempotencyKey}`;

function throwUnavailable(cause: unknown): never {
  throw new Problem('orchestrator-unavailable', 'Nothing was changed.', {
    cause,
    headers: { 'retry-after': '5' },
  });
}
