import { holdBody, ifMatchHeaders, noBody, tenantParams, updateTenantBody } from '@freeflow/contract/http';
import type { Plans } from '@freeflow/contract/plans';
import type { PrismaClient } from '@freeflow/db-master';
import type { FastifyReply } from 'fastify';
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { changedResponses, planResponses, secured } from '../responses';
import type { TemporalGateway } from '../temporal-gateway';
import { acceptedOf } from '../tenants/accept';
import { etagOf } from '../tenants/etag';
import { tenantUpdater, type Conditions, type Updated } from '../tenants/update';

/**
 * Who a tenant is to people and other systems, and what keeps it from being deleted: in the master database alone, so
 * done when it is answered; but for its plan, which an operation changes. Each of them may be repeated as it is.
 */
export const identityRoutes: FastifyPluginCallbackZod<{
  db: PrismaClient;
  temporal: TemporalGateway;
  plans: Plans;
}> = (app, { db, temporal, plans }, done) => {
  const updater = tenantUpdater(db, plans, temporal.runUrl);
  const common = {
    params: tenantParams,
    headers: ifMatchHeaders,
    response: changedResponses,
  };
  const send = (reply: FastifyReply, { tenant }: Updated) => reply.header('etag', etagOf(tenant)).send(tenant);
  const sendAccepted = (reply: FastifyReply, { tenant, requested }: Updated) => {
    if (requested?.isNew === true) temporal.start(acceptedOf(tenant.name, requested.operation));
    return reply
      .code(requested === undefined ? 200 : 202)
      .header('etag', etagOf(tenant))
      .send(tenant);
  };

  app.patch(
    '/tenants/:id',
    {
      schema: {
        ...secured('tenants', 'tenants.update'),
        ...common,
        response: { ...changedResponses, ...planResponses },
        summary: 'Change what a tenant is called, its labels, its protection or its plan',
        description:
          'A JSON Merge Patch (RFC 7396): what is left out stays, null clears, labels are merged. With If-Match only where nobody else was faster. All of it is done when it is answered, but for another plan: 202, and an operation gives the tenant its limits.',
        consumes: ['application/json', 'application/merge-patch+json'],
        body: updateTenantBody,
      },
    },
    async (request, reply) =>
      sendAccepted(reply, await updater.update(request.params.id, request.body, conditionsOf(request))),
  );

  app.put(
    '/tenants/:id/hold',
    {
      schema: {
        ...secured('tenants', 'tenants.hold'),
        ...common,
        summary: 'Hold a tenant until a date: no purge and no hard delete before, forced or not',
        description:
          'It keeps data: 409 not-active-yet while the tenant is being created, as a create that fails or is aborted leaves nothing.',
        body: holdBody,
      },
    },
    async (request, reply) => send(reply, await updater.hold(request.params.id, request.body, conditionsOf(request))),
  );

  app.delete(
    '/tenants/:id/hold',
    {
      schema: {
        ...secured('tenants', 'tenants.release-hold'),
        ...common,
        summary: 'Lift the hold of a tenant',
        body: noBody,
      },
    },
    async (request, reply) => send(reply, await updater.release(request.params.id, conditionsOf(request))),
  );
  done();
};

const conditionsOf = ({
  audit,
  principal,
  headers,
}: Pick<Conditions, 'audit' | 'principal'> & { headers: { 'if-match'?: string | undefined } }): Conditions => ({
  audit,
  principal,
  ifMatch: headers['if-match'],
});
