import { EXAMPLES, eventHeaders, eventQuery, tenantParams, type EventQuery } from '@freeflow/contract/http';
import type { PrismaClient } from '@freeflow/db-master';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ApiConfig } from '../config';
import { EventHub } from '../events/hub';
import { commonProblems, notFound, problem, secured } from '../responses';
import { tenantNotFound } from '../tenants/refusals';

interface EventOptions {
  db: PrismaClient;
  config: Pick<
    ApiConfig,
    'EVENTS_HEARTBEAT_MS' | 'EVENTS_POLL_MS' | 'EVENTS_MAX_STREAMS' | 'EVENTS_MAX_STREAMS_PER_PRINCIPAL'
  >;
}

const stream = {
  description:
    'Server-sent events: each `data` is one CloudEvent 1.0 in JSON, each `id` the one to go on from as Last-Event-ID; comments are signs of life. ' +
    'It ends when the token expires, when the API stops, and when what waits is not read',
  content: {
    'text/event-stream': {
      schema: z.string(),
      example: `id: ${EXAMPLES.cloudEvent.id}\ndata: ${JSON.stringify(EXAMPLES.cloudEvent)}\n\n`,
    },
  },
};
const responses = {
  200: stream,
  ...commonProblems,
  410: problem('Events after that Last-Event-ID are not kept', 'event-unknown'),
  429: problem('Too many requests in a minute, or too many streams open at a time', 'rate-limited', 'too-many-streams'),
};

type StreamedRequest = FastifyRequest<{ Querystring: EventQuery; Headers: z.output<typeof eventHeaders> }>;

/** What changes, as it happens. A HEAD would be a stream that nobody reads: there is none. */
export const eventRoutes: FastifyPluginCallbackZod<EventOptions> = (app, { db, config }, done) => {
  const hub = new EventHub({
    db,
    log: app.log,
    heartbeatMs: config.EVENTS_HEARTBEAT_MS,
    pollMs: config.EVENTS_POLL_MS,
    mostStreams: config.EVENTS_MAX_STREAMS,
    mostOfOnePrincipal: config.EVENTS_MAX_STREAMS_PER_PRINCIPAL,
  });
  // Before it waits for the responses in progress.
  app.addHook('preClose', () => hub.close());

  const send = async (request: StreamedRequest, reply: FastifyReply, tenantId?: string) => {
    const events = await hub.open({
      ...(tenantId === undefined ? {} : { tenantId }),
      principal: request.principal,
      after: request.headers['last-event-id'],
      from: request.query.from,
      expiresAt: request.tokenExpiresAt,
    });
    // The second one for proxies that would otherwise keep it until it is long enough.
    return reply
      .headers({ 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
      .type('text/event-stream')
      .send(events);
  };

  app.get(
    '/events',
    {
      exposeHeadRoute: false,
      schema: {
        ...secured('events', 'events.follow'),
        summary: 'Follow what changes, of all tenants',
        querystring: eventQuery,
        headers: eventHeaders,
        response: responses,
      },
    },
    (request, reply) => send(request, reply),
  );

  app.get(
    '/tenants/:id/events',
    {
      exposeHeadRoute: false,
      schema: {
        ...secured('events', 'tenants.events'),
        summary: 'Follow what changes of one tenant',
        params: tenantParams,
        querystring: eventQuery,
        headers: eventHeaders,
        response: { ...responses, ...notFound },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      if ((await db.tenant.count({ where: { id } })) === 0) throw tenantNotFound(id);
      return send(request, reply, id);
    },
  );
  done();
};
