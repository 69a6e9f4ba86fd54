import { tenantParams, usageList, usageQuery, usageSchema } from '@freeflow/contract/http';
import type { PrismaClient } from '@freeflow/db-master';
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { commonProblems, notFound, secured } from '../responses';
import { usageReader } from '../tenants/usage';

/** How much tenants use: measured by the workers, with each reconciliation. */
export const usageRoutes: FastifyPluginCallbackZod<{ db: PrismaClient }> = (app, { db }, done) => {
  const read = usageReader(db);

  app.get(
    '/tenants/:id/usage',
    {
      schema: {
        ...secured('tenants', 'tenants.usage'),
        summary: 'Show how much a tenant uses, and of which limits of its plan',
        description: 'As it was measured last, by an hourly schedule; POST /reconcile measures anew.',
        params: tenantParams,
        response: { 200: usageSchema, ...commonProblems, ...notFound },
      },
    },
    (request) => read.get(request.params.id),
  );

  app.get(
    '/usage',
    {
      schema: {
        ...secured('tenants', 'tenants.list-usage'),
        summary: 'List who is near a limit, or beyond it, the nearest first',
        querystring: usageQuery,
        response: { 200: usageList, ...commonProblems },
      },
    },
    (request) => read.list(request.query),
  );
  done();
};
