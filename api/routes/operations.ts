import {
  DEFAULT_OVERLAP_S,
  findTenantRequest,
  OPERATION_REQUESTS,
  POST_REQUEST_NAMES,
  REQUEST_ACTIONS,
} from '@freeflow/contract';
import {
  adoptBody,
  createTenantBody,
  deleteQuery,
  idempotencyHeaders,
  noBody,
  rotateBody,
  tenantParams,
  tenantSchema,
} from '@freeflow/contract/http';
import type { Plans } from '@freeflow/contract/plans';
import type { PrismaClient } from '@freeflow/db-master';
import type { FastifyReply } from 'fastify';
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { acceptedResponses, commonProblems, keyReused, problem, secured, tooLarge } from '../responses';
import type { TemporalGateway } from '../temporal-gateway';
import { acceptedOf, tenantAcceptor, type Accepted } from '../tenants/accept';
import { callerOf } from '../tenants/idempotency';
import { viewTenant } from '../tenants/view';

/**
 * The requests for operations, by the rows of OPERATIONS: it is committed, answered with 202, and started after that.
 */
export const operationRoutes: FastifyPluginCallbackZod<{
  db: PrismaClient;
  temporal: TemporalGateway;
  plans: Plans;
}> = (app, { db, temporal, plans }, done) => {
  const accept = tenantAcceptor(db, plans);

  const sendAccepted = (reply: FastifyReply, { tenant, operation, isNew }: Accepted) => {
    // The operation of a repeated request was started by the first one, or is by the sweep.
    if (isNew && operation.state === 'requested') temporal.start(acceptedOf(tenant.name, operation));
    return reply.code(202).header('location', `/tenants/${tenant.id}`).send(viewTenant(tenant, temporal.runUrl));
  };

  app.post(
    OPERATION_REQUESTS.create.path,
    {
      schema: {
        ...secured('tenants', REQUEST_ACTIONS.create),
        summary: OPERATION_REQUESTS.create.summary,
        body: createTenantBody,
        headers: idempotencyHeaders,
        response: {
          202: tenantSchema.describe('Accepted and committed; Location names the tenant'),
          ...commonProblems,
          409: problem('The name or the externalId is taken', 'tenant-name-taken', 'external-id-taken'),
          ...tooLarge,
          ...keyReused,
        },
      },
    },
    async (request, reply) => {
      request.audit.about({ tenantName: request.body.name });
      return sendAccepted(reply, await accept.create(request.body, callerOf(request)));
    },
  );

  app.delete(
    '/tenants/:id',
    {
      schema: {
        ...secured('tenants', REQUEST_ACTIONS.hard_delete),
        summary: 'Delete a tenant: soft keeps its data for the retention time, hard drops all of it',
        params: tenantParams,
        querystring: deleteQuery,
        headers: idempotencyHeaders,
        response: acceptedResponses,
      },
    },
    async (request, reply) => {
      request.audit.about({ detail: request.query });
      const name = findTenantRequest('DELETE', '/tenants/:id', request.query);
      return sendAccepted(reply, await accept.change(request.params.id, name, callerOf(request)));
    },
  );

  for (const name of POST_REQUEST_NAMES) {
    const { path, summary } = OPERATION_REQUESTS[name];
    app.post(
      path,
      {
        schema: {
          ...secured('tenants', REQUEST_ACTIONS[name]),
          summary,
          params: tenantParams,
          body: noBody,
          headers: idempotencyHeaders,
          response: acceptedResponses,
        },
      },
      async (request, reply) => sendAccepted(reply, await accept.change(request.params.id, name, callerOf(request))),
    );
  }

  app.post(
    OPERATION_REQUESTS.adopt.path,
    {
      schema: {
        ...secured('tenants', REQUEST_ACTIONS.adopt),
        summary: OPERATION_REQUESTS.adopt.summary,
        params: tenantParams,
        body: adoptBody,
        headers: idempotencyHeaders,
        response: acceptedResponses,
      },
    },
    async (request, reply) => {
      request.audit.about({ detail: request.body });
      return sendAccepted(
        reply,
        await accept.change(request.params.id, 'adopt', callerOf(request), { adoption: request.body }),
      );
    },
  );
  app.post(
    OPERATION_REQUESTS.rotate.path,
    {
      schema: {
        ...secured('tenants', REQUEST_ACTIONS.rotate),
        summary: OPERATION_REQUESTS.rotate.summary,
        params: tenantParams,
        body: rotateBody,
        headers: idempotencyHeaders,
        response: {
          ...acceptedResponses,
          409: problem(
            'The status of the tenant, another operation on it, or credentials that are still valid do not allow it',
            'operation-in-progress',
            'overlap-open',
            'cut-off',
            'soft-deleted',
            'being-deleted',
            'never-active',
            'registered-only',
          ),
        },
      },
    },
    async (request, reply) => {
      const { backend, overlapSeconds = DEFAULT_OVERLAP_S } = request.body ?? {};
      request.audit.about({ detail: { backend, overlapSeconds } });
      const rotation = { onlyAt: backend ?? null, overlapS: overlapSeconds };
      return sendAccepted(reply, await accept.change(request.params.id, 'rotate', callerOf(request), { rotation }));
    },
  );
  done();
};
