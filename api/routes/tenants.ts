import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { PrismaClient } from '@freeflow/db-master';
import { isRunnable } from '../../workflows/messages';
import type { Starter } from '../plugins/temporal';
import { commonProblems, conflict, keyReused, notFound, notYet, tooLarge } from '../schemas/problem';
import { deleteQuery, idempotencyHeaders, listQuery, logPage, logQuery, tenantPage } from '../schemas/queries';
import { createTenantBody, tenantDetailSchema, tenantParams, tenantSchema } from '../schemas/tenant';
import { tenantAcceptor, type Accepted } from '../tenants/accept';
import { tenantReader } from '../tenants/read';
import { viewTenant } from '../tenants/view';

const common = { tags: ['tenants'], security: [{ bearer: [] }] };

/** `/tenants`: a change is committed, answered with 202, and started after that. */
export function tenantRoutes(root: FastifyInstance, { db, starter }: { db: PrismaClient; starter: Starter }): void {
  const app = root.withTypeProvider<ZodTypeProvider>();
  const read = tenantReader(db, starter.runUrl);
  const accept = tenantAcceptor(db);

  const begin = ({ tenant, operation, isNew }: Accepted) => {
    // What a repeated request finds was started by the first one, or is by the sweep.
    if (isNew && isRunnable(operation.kind)) starter.start({ operationId: operation.id, tenantId: tenant.id, tenantName: tenant.name, kind: operation.kind });
    return viewTenant(tenant, starter.runUrl);
  };

  app.post('/tenants', {
    schema: {
      ...common, summary: 'Make a tenant', body: createTenantBody, headers: idempotencyHeaders,
      response: { 202: tenantSchema.describe('Accepted and committed; Location names the tenant'), ...commonProblems, ...conflict, ...tooLarge, ...keyReused },
    },
  }, async (request, reply) => {
    const body = begin(await accept.create(request.body.name, askingOf(request)));
    return reply.code(202).header('location', `/tenants/${body.id}`).send(body);
  });

  app.get('/tenants', {
    schema: { ...common, summary: 'List tenants, newest first', querystring: listQuery, response: { 200: tenantPage, ...commonProblems } },
  }, (request) => read.list(request.query));

  app.get('/tenants/:id', {
    schema: { ...common, summary: 'Show a tenant, its connections and its last operation', params: tenantParams, response: { 200: tenantDetailSchema, ...commonProblems, ...notFound } },
  }, (request) => read.get(request.params.id));

  app.get('/tenants/:id/logs', {
    schema: { ...common, summary: 'Show what was done for a tenant, one row per attempt, oldest first', params: tenantParams, querystring: logQuery, response: { 200: logPage, ...commonProblems, ...notFound } },
  }, (request) => read.logs(request.params.id, request.query));

  app.delete('/tenants/:id', {
    schema: {
      ...common, summary: 'Delete a tenant', params: tenantParams, querystring: deleteQuery, headers: idempotencyHeaders,
      response: { 202: tenantSchema.describe('Accepted and committed'), ...commonProblems, ...notFound, ...conflict, ...keyReused, ...notYet },
    },
  }, async (request, reply) => {
    const { mode, force } = request.query;
    const body = begin(await accept.delete(request.params.id, { mode, force: force === 'true' }, askingOf(request)));
    return reply.code(202).header('location', `/tenants/${body.id}`).send(body);
  });
}

const askingOf = ({ principal, headers }: { principal: string; headers: { 'idempotency-key'?: string | undefined } }) => ({ principal, idempotencyKey: headers['idempotency-key'] });
