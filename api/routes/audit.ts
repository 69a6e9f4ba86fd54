import { auditPage, auditQuery } from '@freeflow/contract/http';
import type { PrismaClient } from '@freeflow/db-master';
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { readAudit } from '../audit/read';
import { commonProblems, secured } from '../responses';

/** The audit trail. Nothing here adds to it: whoever may read it can't write it. */
export const auditRoutes: FastifyPluginCallbackZod<{ db: PrismaClient }> = (app, { db }, done) => {
  app.get(
    '/audit',
    {
      schema: {
        ...secured('audit', 'audit.list'),
        summary: 'Show who changed what, and who was refused: newest first',
        querystring: auditQuery,
        response: { 200: auditPage, ...commonProblems },
      },
    },
    (request) => readAudit(db, request.query),
  );
  done();
};
