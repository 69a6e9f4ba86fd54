import { count, observe } from '@freeflow/lib/metrics';
import fastifyPlugin from 'fastify-plugin';

/** For what no route answers: its paths are without end. */
const NO_ROUTE = 'none';
const EVENT_STREAM = 'text/event-stream';

/** Counts and times every answer by the pattern of its route, never by its path, which names tenants. */
export const measureRequests = fastifyPlugin((app, _options, done) => {
  app.addHook('onResponse', (request, reply, next) => {
    const { method, routeOptions } = request;
    const route = routeOptions.url ?? NO_ROUTE;
    count('freeflow_http_requests_total', { route, method, status: String(reply.statusCode) });
    // How long somebody listened is no time that an answer has taken.
    if (reply.getHeader('content-type') !== EVENT_STREAM)
      observe('freeflow_http_request_duration_seconds', { route, method }, reply.elapsedTime / 1_000);
    next();
  });
  done();
});
