import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import fastifyPlugin from 'fastify-plugin';

export const REQUEST_ID_HEADER = 'x-request-id';
/** What can't break a line, a log or a header, and is short enough for each. */
const FIT = /^[A-Za-z0-9._-]{1,64}$/;

/** The id of a request: the caller's own where it is fit, by which he finds the request in our logs, else a new one. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers[REQUEST_ID_HEADER];
  return typeof given === 'string' && FIT.test(given) ? given : randomUUID();
}

/** Gives every answer the id of its request. */
export const nameRequests = fastifyPlugin((app, _options, done) => {
  app.addHook('onRequest', async (request, reply) => {
    reply.header(REQUEST_ID_HEADER, request.id);
  });
  done();
});
