import { bulkAnswerSchema, type BulkAnswerBody } from '@freeflow/contract/http';
import type { PrismaClient } from '@freeflow/db-master';
import { Problem } from '../errors';
import type { TemporalGateway } from '../temporal-gateway';
import { answerIdOf, senderOf, tenantAnswerer } from './answer';
import { answerKeys } from './answer-keys';
import { fingerprint, type Caller } from './idempotency';
import { findParkedAt, findStuck, type Stuck } from './stuck';
import type { TenantWithOperation } from './view';

const MOST = 500;
const AT_A_TIME = 100;
/** After so many that Temporal took no answer for it counts as away. */
const FAILURES = 3;
const AWAY = 'orchestrator-unavailable';

/** Answers all that is stuck, or all at one step. */
export function bulkAnswerer(db: PrismaClient, temporal: TemporalGateway) {
  const keys = answerKeys(db);
  const { deliver, findEach } = tenantAnswerer(db, temporal);

  /** @param found the tenant as it is now; its run refuses an answer to an operation that has ended since */
  const retryOne = async (
    { operation }: Stuck,
    found: TenantWithOperation | undefined,
    step: string | undefined,
    caller: Caller,
  ): Promise<string> => {
    try {
      const stillOpen = found?.operations.find((it) => it.id === operation.id);
      if (found === undefined || stillOpen === undefined) return 'operation-changed';
      const [current = stillOpen] = found.operations;
      await deliver(
        found,
        current,
        { action: 'retry', ...senderOf(caller), ...(step === undefined ? {} : { step }) },
        answerIdOf(caller),
      );
      return 'retried';
    } catch (error) {
      if (error instanceof Problem) return error.code;
      throw error;
    }
  };

  const retryEach = async (
    stuck: readonly Stuck[],
    step: string | undefined,
    caller: Caller,
  ): Promise<BulkAnswerBody['items']> => {
    const results = new Map<Stuck, string>();
    const tenants = new Map((await findEach(stuck.map((it) => it.tenant.id))).map((it) => [it.id, it]));
    const queue = [...stuck];
    let failures = 0;
    const work = async (): Promise<void> => {
      for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
        // Each would wait for Temporal as long as the one before.
        const result = failures >= FAILURES ? AWAY : await retryOne(one, tenants.get(one.tenant.id), step, caller);
        if (result === AWAY) failures++;
        results.set(one, result);
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, work));
    return stuck.map((one) => ({ id: one.tenant.id, name: one.tenant.name, result: results.get(one) ?? AWAY }));
  };

  return {
    /**
     * Has what is parked of an upgrade of the fleet tried again. What can't be answered now is tried again by itself,
     * later.
     */
    async retryParked(upgradeId: string, { principal, audit }: Pick<Caller, 'principal' | 'audit'>): Promise<void> {
      const rows = await db.fleetTenant.findMany({
        where: { upgradeId, state: 'running' },
        select: { operationId: true },
      });
      const parked = await db.tenantOperation.findMany({
        where: { id: { in: rows.flatMap(({ operationId }) => operationId ?? []) }, endedAt: null, state: 'parked' },
        include: { tenant: true },
        take: MOST,
      });
      const stuck = parked.map(({ tenant, ...operation }) => ({ operation, tenant, why: 'parked' as const }));
      await retryEach(stuck, undefined, { principal, audit, idempotencyKey: undefined });
    },
    /**
     * Under the same key, the same answer again; unless Temporal was away, for then nothing was answered. @throws
     * Problem `idempotency-key-reused`
     */
    async retry(step: string | undefined, caller: Caller): Promise<BulkAnswerBody> {
      const binding = {
        bodyHash: fingerprint('POST /tenants/retry', { step }),
        action: 'retry-all',
        step: step ?? null,
      };
      const earlier = (await keys.find(caller, binding.bodyHash)) ?? (await keys.bind(caller, binding));
      if (earlier?.state === 'given') return bulkAnswerSchema.parse(earlier.result);
      const { stuck, notShown } =
        step === undefined ? await findStuck(db, temporal, MOST) : await findParkedAt(db, step, MOST);
      await caller.audit.begin({ detail: { step, tenants: stuck.length } });
      const answer = { items: await retryEach(stuck, step, caller), isComplete: notShown === 0 };
      if (answer.items.some(({ result }) => result === AWAY)) return answer;
      const given = await keys.markGiven(caller, binding, answer);
      return given === undefined ? answer : bulkAnswerSchema.parse(given.result);
    },
  };
}
