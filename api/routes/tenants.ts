import { findTenantRequest, OPERATION_REQUESTS, POST_REQUEST_NAMES } from '@freeflow/contract';
import {
  deleteQuery,
  idempotencyHeaders,
  listQuery,
  logPage,
  logQuery,
  stuckList,
  stuckQuery,
  tenantPage,
  abortBody,
  adoptBody,
  createTenantBody,
  noBody,
  retryAllBody,
  bulkAnswerSchema,
  retryBody,
  skipBody,
  tenantDetailSchema,
  tenantParams,
  tenantSchema,
} from '@freeflow/contract/http';
import type { PrismaClient } from '@freeflow/db-master';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { commonProblems, conflict, keyReused, notFound, tooLarge } from '../problem-responses';
import type { TemporalGateway } from '../temporal-gateway';
import { acceptedOf, tenantAcceptor, type Accepted } from '../tenants/accept';
import { tenantAnswerer } from '../tenants/answer';
import { bulkAnswerer } from '../tenants/answer-all';
import { tenantReader } from '../tenants/read';
import { listStuck } from '../tenants/stuck';
import { viewTenant } from '../tenants/view';

const common = { tags: ['tenants'], security: [{ bearer: [] }] };

/** `/tenants`: a change is committed, answered with 202, and started after that. */
export function tenantRoutes(
  root: FastifyInstance,
  { db, temporal, sweepIntervalMs }: { db: PrismaClient; temporal: TemporalGateway; sweepIntervalMs: number },
): void {
  const app = root.withTypeProvider<ZodTypeProvider>();
  const read = tenantReader(db, temporal.runUrl);
  const accept = tenantAcceptor(db);
  const onCall = tenantAnswerer(db, temporal);
  const all = bulkAnswerer(db, temporal);

  const answer = (reply: FastifyReply, { tenant, operation, isNew }: Accepted) => {
    // What a repeated request finds was started by the first one, or is by the sweep.
    if (isNew && operation.state === 'requested') temporal.start(acceptedOf(tenant.name, operation));
    return reply.code(202).header('location', `/tenants/${tenant.id}`).send(viewTenant(tenant, temporal.runUrl));
  };

  app.post(
    OPERATION_REQUESTS.create.path,
    {
      schema: {
        ...common,
        summary: OPERATION_REQUESTS.create.summary,
        body: createTenantBody,
        headers: idempotencyHeaders,
        response: {
          202: tenantSchema.describe('Accepted and committed; Location names the tenant'),
          ...commonProblems,
          ...conflict,
          ...tooLarge,
          ...keyReused,
        },
      },
    },
    async (request, reply) => {
      return answer(reply, await accept.create(request.body.name, askingOf(request)));
    },
  );

  app.get(
    '/tenants',
    {
      schema: {
        ...common,
        summary: 'List tenants, newest first',
        querystring: listQuery,
        response: { 200: tenantPage, ...commonProblems },
      },
    },
    (request) => read.list(request.query),
  );

  app.get(
    '/tenants/stuck',
    {
      schema: {
        ...common,
        summary:
          'List what does not go on by itself: parked, never started, without its run, with one that fails, or a purge that is overdue',
        querystring: stuckQuery,
        response: { 200: stuckList, ...commonProblems },
      },
    },
    (request) => listStuck(db, temporal, { limit: request.query.limit, sweepIntervalMs }),
  );

  app.get(
    '/tenants/:id',
    {
      schema: {
        ...common,
        summary: 'Show a tenant, its connections and its last operation',
        params: tenantParams,
        response: { 200: tenantDetailSchema, ...commonProblems, ...notFound },
      },
    },
    (request) => read.get(request.params.id),
  );

  app.get(
    '/tenants/:id/logs',
    {
      schema: {
        ...common,
        summary: 'Show what was done for a tenant, one row per attempt, oldest first',
        params: tenantParams,
        querystring: logQuery,
        response: { 200: logPage, ...commonProblems, ...notFound },
      },
    },
    (request) => read.logs(request.params.id, request.query),
  );

  app.delete(
    '/tenants/:id',
    {
      schema: {
        ...common,
        summary: 'Delete a tenant: soft keeps its data for the retention time, hard drops all of it',
        params: tenantParams,
        querystring: deleteQuery,
        headers: idempotencyHeaders,
        response: changeResponses,
      },
    },
    async (request, reply) => {
      const name = findTenantRequest('DELETE', '/tenants/:id', request.query);
      return answer(reply, await accept.change(request.params.id, name, askingOf(request)));
    },
  );

  for (const name of POST_REQUEST_NAMES) {
    const { path, summary } = OPERATION_REQUESTS[name];
    app.post(
      path,
      {
        schema: {
          ...common,
          summary,
          params: tenantParams,
          body: noBody,
          headers: idempotencyHeaders,
          response: changeResponses,
        },
      },
      async (request, reply) => answer(reply, await accept.change(request.params.id, name, askingOf(request))),
    );
  }

  app.post(
    OPERATION_REQUESTS.adopt.path,
    {
      schema: {
        ...common,
        summary: OPERATION_REQUESTS.adopt.summary,
        params: tenantParams,
        body: adoptBody,
        headers: idempotencyHeaders,
        response: changeResponses,
      },
    },
    async (request, reply) =>
      answer(reply, await accept.change(request.params.id, 'adopt', askingOf(request), request.body)),
  );

  for (const [action, summary, body] of ANSWERS) {
    app.post(
      `/tenants/:id/${action}`,
      {
        schema: {
          ...common,
          summary,
          params: tenantParams,
          body,
          headers: idempotencyHeaders,
          response: changeResponses,
        },
      },
      async (request, reply) => {
        const tenant = await onCall.answer(
          request.params.id,
          { action, ...definedOf(request.body ?? {}) },
          askingOf(request),
        );
        return reply.code(202).header('location', `/tenants/${tenant.id}`).send(viewTenant(tenant, temporal.runUrl));
      },
    );
  }

  app.post(
    '/tenants/retry',
    {
      schema: {
        ...common,
        summary: 'Try all stuck operations again, or those stuck at one step',
        body: retryAllBody,
        headers: idempotencyHeaders,
        response: { 202: bulkAnswerSchema, ...commonProblems, ...keyReused },
      },
    },
    async (request, reply) => reply.code(202).send(await all.retry(request.body?.step, askingOf(request))),
  );
}

/** Without what is undefined. */
const definedOf = ({
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

/** What on-call answers a stuck operation. */
const ANSWERS = [
  ['retry', 'Try a stuck step again at once; start an operation again whose run is gone or fails', retryBody],
  ['abort', 'Give a stuck operation up and undo all of it', abortBody],
  ['skip', 'Leave a stuck drop or undo behind, with a reason; the name stays taken', skipBody],
] as const;

const changeResponses = {
  202: tenantSchema.describe('Accepted and committed; also where it is so already, or under way'),
  ...commonProblems,
  ...notFound,
  ...conflict,
  ...keyReused,
} as const;

const askingOf = ({
  principal,
  headers,
}: {
  principal: string;
  headers: { 'idempotency-key'?: string | undefined };
}) => ({ principal, idempotencyKey: headers['idempotency-key'] });
