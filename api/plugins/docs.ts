import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import fastifyPlugin from 'fastify-plugin';
import { jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { describeWithExamples } from './described-examples';

/** The page is made of files of our own alone; its style sheets have images in them. */
const PAGE_POLICY = {
  'default-src': "'self'",
  'img-src': "'self' data:",
  'object-src': "'none'",
  'base-uri': "'none'",
  'frame-ancestors': "'none'",
};

/** The API described by its own schemas: `/openapi.json`, and a page to read and try it at `/docs`. */
export const describeApi = fastifyPlugin(async (app) => {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'FreeFlow tenants',
        version: '1.0.0',
        description:
          'Every tenant gets its own PostgreSQL database, MongoDB database, Qdrant collection and Keycloak realm, or nothing at all. ' +
          'A change is accepted with 202 once it is committed; GET /tenants/{id} shows how it goes on.',
      },
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: 'A token with the permission system:*',
          },
        },
      },
      tags: [
        { name: 'tenants' },
        { name: 'plans' },
        { name: 'events' },
        { name: 'reconcile' },
        { name: 'audit' },
        { name: 'webhooks' },
        { name: 'health' },
      ],
    },
    transform: describeWithExamples,
    transformObject: jsonSchemaTransformObject,
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: PAGE_POLICY,
    uiConfig: { persistAuthorization: false, docExpansion: 'list' },
  });
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
});
