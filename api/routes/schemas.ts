import { tenantsFileJsonSchema } from '@freeflow/contract/http';
import type { FastifyPluginCallback } from 'fastify';

/** What a file of tenants may say, for editors, which have no token: it tells of no tenant. */
export const schemaRoutes: FastifyPluginCallback = (app, _options, done) => {
  const schema = tenantsFileJsonSchema();
  app.get('/schemas/tenants.json', { schema: { hide: true } }, (_request, reply) =>
    reply.type('application/schema+json').send(JSON.stringify(schema)),
  );
  done();
};
