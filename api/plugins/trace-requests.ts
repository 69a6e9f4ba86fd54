import type { IncomingMessage } from 'node:http';
import { isTracing, RequestSpan } from '@freeflow/lib/tracing';
import type { FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { EVENT_STREAM, NO_ROUTE, whenOver } from './measure-requests';

const spans = new WeakMap<IncomingMessage, RequestSpan>();

/** The id of the trace that a request is in; undefined where it is not traced. */
export const traceIdOfRequest = ({ raw }: Pick<FastifyRequest, 'raw'>): string | undefined => spans.get(raw)?.traceId;

/** Traces every request in its scope, and gives all lines that are logged of it the id of its trace. */
export const traceRequests = fastifyPlugin((app, _options, done) => {
  if (!isTracing()) return done();
  // The first that is known of a request: before its first line is logged, and any hook is run.
  app.setChildLoggerFactory((logger, bindings, options, raw) => {
    const span = new RequestSpan(raw.headers);
    spans.set(raw, span);
    const { traceId } = span;
    return logger.child({ ...bindings, ...(traceId === undefined ? {} : { traceId }) }, options);
  });
  app.addHook('onRequest', (request, reply, next) => {
    whenOver(request, reply, () => endSpan(request, reply));
    enterSpan(request, next);
  });
  // Once more: a body that has been read is told of by the connection, which is no part of the request.
  app.addHook('preValidation', (request, _reply, next) => enterSpan(request, next));
  // What is told of by a stream is none of the request, which may last for hours.
  app.addHook('onSend', (request, reply, _payload, next) => {
    if (reply.getHeader('content-type') === EVENT_STREAM) endSpan(request, reply);
    next();
  });
  done();
});

function enterSpan({ raw }: FastifyRequest, next: () => void): void {
  const span = spans.get(raw);
  if (span === undefined) next();
  else span.enter(next);
}

const endSpan = ({ raw, id, method, routeOptions }: FastifyRequest, { statusCode }: FastifyReply): void =>
  spans.get(raw)?.end({ id, method, route: routeOptions.url ?? NO_ROUTE, status: statusCode });
