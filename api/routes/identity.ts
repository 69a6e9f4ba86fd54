import {
  holdBody,
  ifMatchHeaders,
  noBody,
  tenantParams,
  updateTenantBody,
  type TenantBody,
} from '@freeflow/contract/http';
import type { PrismaClient } from '@freeflow/db-master';
import type { FastifyReply } from 'fastify';
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { changedResponses, secured } from '../responses';
import type { TemporalGateway } from '../temporal-gateway';
import { etagOf } from '../tenants/etag';
import { tenantUpdater, type Conditions } from '../tenants/update';

/**
 * Who a tenant is to people and other systems, and what keeps it from being deleted: in the master database alone, so
 * done when it is answered. Each of them may be repeated as it is.
 */
export const identityRoutes: FastifyPluginCallbackZod<{ db: PrismaClient; temporal: TemporalGateway }> = (
  app,
  { db, temporal },
  done,
) => {
  const updater = tenantUpdater(db, temporal.runUrl);
  const common = {
    params: tenantParams,
    headers: ifMatchHeaders,
    response: changedResponses,
  };
  const send = (reply: FastifyReply, tenant: TenantBody) => reply.header('etag', etagOf(tenant)).send(tenant);

  app.patch(
    '/tenants/:id',
    {
      schema: {
        ...secured('tenants', 'tenants.update'),
        ...common,
        summary: 'Change what a tenant is called, its labels or its protection',
        description:
          'A JSON Merge Patch (RFC 7396): what is left out stays, null clears, labels are merged. With If-Match only where nobody else was faster.',
        consumes: ['application/json', 'application/merge-patch+json'],
        body: updateTenantBody,
      },
    },
    async (request, reply) => send(reply, await updater.update(request.params.id, request.body, conditionsOf(request))),
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
  headers,
}: Pick<Conditions, 'audit'> & { headers: { 'if-match'?: string | undefined } }): Conditions => ({
  audit,
  ifMatch: headers['if-match'],
});
