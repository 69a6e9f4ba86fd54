import { randomUUID } from 'node:crypto';
import type { PrismaClient } from '@freeflow/db-master';
import type { Answer } from '../../workflows/messages';
import { CATALOGUE, Problem, type ProblemCode } from '../errors';
import type { Starter } from '../plugins/temporal';
import { acceptedOf, type Asking } from './accept';
import { unknown } from './read';
import { inOneSnapshot } from './snapshot';
import { stuckFinder } from './stuck';
import { LAST_OPERATION, type TenantWithOperation } from './view';

export interface BulkResult {
  id: string;
  name: string;
  result: string;
}

/** Hands on-call's answers to the runs that wait for them. */
export function tenantAnswerer(db: PrismaClient, starter: Starter) {
  const find = async (id: string): Promise<TenantWithOperation> => {
    const tenant = await inOneSnapshot(db, (tx) => tx.tenant.findUnique({ where: { id }, include: LAST_OPERATION }));
    if (tenant === null) throw unknown(id);
    return tenant;
  };

  /** @throws Problem `tenant-unknown` | `not-stuck` | `not-skippable` | `past-point-of-no-return` | `orchestrator-unavailable` */
  const answer = async (id: string, given: Omit<Answer, 'by'>, { principal, idempotencyKey }: Asking): Promise<TenantWithOperation> => {
    const tenant = await find(id);
    const [operation] = tenant.operations;
    const answerId = idempotencyKey === undefined ? randomUUID() : `${principal}/${idempotencyKey}`;
    const outcome = await starter.answer(id, { ...given, by: principal }, answerId).catch((cause: unknown) => {
      throw new Problem('orchestrator-unavailable', 'Temporal does not answer; nothing was changed.', { cause, headers: { 'retry-after': '5' } });
    });
    if (typeof outcome === 'object') throw new Problem(codeOf(outcome.refused), `${given.action}${given.step === undefined ? '' : ` of ${given.step}`}: ${outcome.refused.replaceAll('-', ' ')}.`);
    if (outcome !== 'no-run') return tenant;
    // Never started, or its run was terminated: a new run finds the true state from ledger and backends.
    if (operation === undefined || operation.endedAt !== null) throw new Problem('not-stuck', 'Nothing is under way with this tenant.');
    if (given.action !== 'retry') throw new Problem('not-stuck', 'The operation has no run that could be answered. Retry it first.');
    starter.start(acceptedOf(tenant.name, operation));
    return tenant;
  };

  return {
    answer,
    async retryAll(step: string | undefined, asking: Asking): Promise<BulkResult[]> {
      const { stuck } = await stuckFinder(db, starter).find();
      const meant = stuck.filter(({ operation: it, why }) => step === undefined || (why === 'parked' && (it.step === step || it.cause?.includes(`${step}: `) === true)));
      return Promise.all(meant.map(async ({ operation: { tenantId: id }, tenantName: name }) => {
        const result = await answer(id, { action: 'retry', ...(step === undefined ? {} : { step }) }, asking).then(() => 'retried', (error: unknown) => {
          if (error instanceof Problem) return error.code;
          throw error;
        });
        return { id, name, result };
      }));
    },
  };
}

const codeOf = (refusal: string): ProblemCode => (refusal in CATALOGUE ? (refusal as ProblemCode) : 'not-stuck');
