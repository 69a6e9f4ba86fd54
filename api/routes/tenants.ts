import {
  listQuery,
  logPage,
  logQuery,
  operationPage,
  operationQuery,
  tenantDetailSchema,
  tenantPage,
  tenantParams,
} from '@freeflow/contract/http';
import type { PrismaClient } from '@freeflow/db-master';
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { commonProblems, notFound, secured } from '../responses';
import type { TemporalGateway } from '../temporal-gateway';
import { etagOf } from '../tenants/etag';
import { tenantReader } from '../tenants/read';

/** What reads tenants, and changes nothing. */
export const tenantRoutes: FastifyPluginCallbackZod<{ db: PrismaClient; temporal: TemporalGateway }> = (
  app,
  { db, temporal },
  done,
) => {
  const read = tenantReader(db, temporal.runUrl);

  app.get(
    '/tenants',
    {
      schema: {
        ...secured('tenants', 'tenants.list'),
        summary: 'List tenants, newest first; by name where only the beginning of names is given',
        querystring: listQuery,
        response: { 200: tenantPage, ...commonProblems },
      },
    },
    (request) => read.list(request.query),
  );

  app.get(
    '/tenants/:id',
    {
      schema: {
        ...secured('tenants', 'tenants.show'),
        summary: 'Show a tenant, its connections and its last operation',
        params: tenantParams,
        response: {
          200: tenantDetailSchema.describe('With an ETag, which stands for what PATCH and hold change'),
          ...commonProblems,
          ...notFound,
        },
      },
    },
    async (request, reply) => {
      const tenant = await read.get(request.params.id);
      return reply.header('etag', etagOf(tenant)).send(tenant);
    },
  );

  app.get(
    '/tenants/:id/logs',
    {
      schema: {
        ...secured('tenants', 'tenants.logs'),
        summary: 'Show the provision log of a tenant: one row per attempt of a step, oldest first',
        params: tenantParams,
        querystring: logQuery,
        response: { 200: logPage, ...commonProblems, ...notFound },
      },
    },
    (request) => read.logs(request.params.id, request.query),
  );

  app.get(
    '/tenants/:id/operations',
    {
      schema: {
        ...secured('tenants', 'tenants.operations'),
        summary: 'List what was ever asked for a tenant, newest first',
        params: tenantParams,
        querystring: operationQuery,
        response: { 200: operationPage, ...commonProblems, ...notFound },
      },
    },
    (request) => read.operations(request.params.id, request.query),
  );
  done();
};
