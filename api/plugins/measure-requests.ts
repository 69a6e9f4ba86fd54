import { count, observe, ROUTES_WITHOUT_BUDGET } from '@freeflow/lib/metrics';
import type { FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

/** For what no route answers: its paths are without end. */
export const NO_ROUTE = 'none';
export const EVENT_STREAM = 'text/event-stream';
/** What a request is counted as whose client was gone before it had its answer. */
const CLIENT_GONE = 499;
/** Prometheus matches the whole of a label. */
const WITHOUT_BUDGET = new RegExp(`^(?:${ROUTES_WITHOUT_BUDGET})$`);

/** Counts and times every request by the pattern of its route, never by its path, which names tenants. */
export const measureRequests = fastifyPlugin((app, _options, done) => {
  app.addHook('onRequest', (request, reply, next) => {
    const begunAt = performance.now();
    whenOver(request, reply, () => measure(request, reply, performance.now() - begunAt));
    next();
  });
  done();
});

/**
 * Fastify's hook after a response runs for none that can't be sent. Where several requests wait on one connection, only
 * the first response is told that it is gone.
 */
export function whenOver({ raw: { socket } }: FastifyRequest, { raw: response }: FastifyReply, tell: () => void): void {
  let isOver = false;
  const over = () => {
    response.off('close', over);
    socket.off('close', over);
    // The end of the one may be told by that of the other.
    if (!isOver) tell();
    isOver = true;
  };
  response.on('close', over);
  socket.on('close', over);
}

function measure({ method, routeOptions }: FastifyRequest, reply: FastifyReply, durationMs: number): void {
  const route = routeOptions.url ?? NO_ROUTE;
  const isStream = reply.getHeader('content-type') === EVENT_STREAM;
  // Whoever follows events ends that by hanging up.
  const isAnswered = reply.raw.writableFinished || (isStream && reply.raw.headersSent);
  const status = isAnswered ? reply.statusCode : CLIENT_GONE;
  count('freeflow_http_requests_total', { route, method, status: String(status) });
  if (!WITHOUT_BUDGET.test(route))
    count('freeflow_http_budget_requests_total', { outcome: status >= 500 ? 'failure' : 'success' });
  // How long somebody listened is no time that an answer has taken.
  if (!isStream) observe('freeflow_http_request_duration_seconds', { route, method }, durationMs / 1_000);
}
