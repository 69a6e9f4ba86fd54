import { ANSWER_REQUEST_ACTIONS, type AnswerAction } from '@freeflow/contract';
import {
  abortBody,
  bulkAnswerSchema,
  idempotencyHeaders,
  retryAllBody,
  retryBody,
  skipBody,
  stuckList,
  stuckQuery,
  tenantParams,
} from '@freeflow/contract/http';
import type { PrismaClient } from '@freeflow/db-master';
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { answeredResponses, commonProblems, keyReused, secured, temporalAway } from '../responses';
import type { TemporalGateway } from '../temporal-gateway';
import { tenantAnswerer } from '../tenants/answer';
import { bulkAnswerer } from '../tenants/answer-all';
import { callerOf } from '../tenants/idempotency';
import { listStuck } from '../tenants/stuck';
import { viewTenant } from '../tenants/view';

interface OnCallOptions {
  db: PrismaClient;
  temporal: TemporalGateway;
  sweepIntervalMs: number;
}

const ANSWERS = {
  retry: {
    summary: 'Retry a parked step at once; start an operation again whose run is gone or fails',
    body: retryBody,
  },
  abort: { summary: 'Abort a parked operation: all of it is undone', body: abortBody },
  skip: { summary: 'Leave a parked drop or undo behind, with a reason; the name stays taken', body: skipBody },
} satisfies Record<AnswerAction, object>;

/** What on-call needs: everything that is stuck, and the answers to it. */
export const onCallRoutes: FastifyPluginCallbackZod<OnCallOptions> = (app, { db, temporal, sweepIntervalMs }, done) => {
  const answerer = tenantAnswerer(db, temporal);
  const bulk = bulkAnswerer(db, temporal);

  app.get(
    '/tenants/stuck',
    {
      schema: {
        ...secured('tenants', 'tenants.stuck'),
        summary:
          'List everything that does not go on by itself: parked, not started, without a run, with a run that fails, or overdue for its purge',
        querystring: stuckQuery,
        response: { 200: stuckList, ...commonProblems },
      },
    },
    (request) => listStuck(db, temporal, { limit: request.query.limit, sweepIntervalMs }),
  );

  app.post(
    '/tenants/retry',
    {
      schema: {
        ...secured('tenants', 'tenants.retry-all'),
        summary: 'Retry everything that is stuck, or everything that is parked at one step',
        body: retryAllBody,
        headers: idempotencyHeaders,
        response: { 202: bulkAnswerSchema, ...commonProblems, ...temporalAway, ...keyReused },
      },
    },
    async (request, reply) => reply.code(202).send(await bulk.retry(request.body?.step, callerOf(request))),
  );

  for (const action of ['retry', 'abort', 'skip'] as const) {
    const { summary, body } = ANSWERS[action];
    app.post(
      `/tenants/:id/${action}`,
      {
        schema: {
          ...secured('tenants', ANSWER_REQUEST_ACTIONS[action]),
          summary,
          params: tenantParams,
          body,
          headers: idempotencyHeaders,
          response: answeredResponses,
        },
      },
      async (request, reply) => {
        const answer = { action, ...withoutUndefined(request.body ?? {}) };
        const tenant = await answerer.answer(request.params.id, answer, callerOf(request));
        return reply.code(202).header('location', `/tenants/${tenant.id}`).send(viewTenant(tenant, temporal.runUrl));
      },
    );
  }
  done();
};

const withoutUndefined = ({
  step,
  reason,
  operationId,
}: {
  step?: string | undefined;
  reason?: string | undefined;
  operationId?: string | undefined;
}) => ({
  ...(step === undefined ? {} : { step }),
  ...(reason === undefined ? {} : { reason }),
  ...(operationId === undefined ? {} : { operationId }),
});
