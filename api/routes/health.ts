import type { PrismaClient } from '@freeflow/db-master';
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { RETRY_AFTER_S } from '../plugins/problems';
import type { TemporalGateway } from '../temporal-gateway';

const state = z.enum(['up', 'down']);
const ready = z
  .object({
    ready: z.boolean(),
    masterDatabase: state,
    temporal: state.describe('While it is down, changes are accepted and started later'),
  })
  .meta({ id: 'Readiness', examples: [{ ready: true, masterDatabase: 'up', temporal: 'up' }] });

/** `/health/live` answers as long as the process can; `/health/ready` is 200 while changes can be committed. */
export const healthRoutes: FastifyPluginCallbackZod<{ db: PrismaClient; temporal: TemporalGateway }> = (
  app,
  { db, temporal },
  done,
) => {
  app.get(
    '/health/live',
    {
      schema: {
        tags: ['health'],
        summary: 'Is the process alive?',
        response: { 200: z.object({ live: z.literal(true) }).meta({ examples: [{ live: true }] }) },
      },
    },
    () => ({ live: true as const }),
  );

  app.get(
    '/health/ready',
    { schema: { tags: ['health'], summary: 'Can changes be accepted?', response: { 200: ready, 503: ready } } },
    async (_request, reply) => {
      // A table of ours is read: a database that isn't migrated can't commit anything either. In an order: without one
      // it would be read from its beginning, over all rows that a change has left dead there.
      const [canCommit, isTemporalUp] = await Promise.all([
        db.tenant.findFirst({ select: { id: true }, orderBy: { id: 'asc' } }).then(
          () => true,
          () => false,
        ),
        temporal.isUp(),
      ]);
      return reply
        .code(canCommit ? 200 : 503)
        .headers(canCommit ? {} : { 'retry-after': RETRY_AFTER_S })
        .send({ ready: canCommit, masterDatabase: canCommit ? 'up' : 'down', temporal: isTemporalUp ? 'up' : 'down' });
    },
  );
  done();
};
