import type { AuditAction } from '@freeflow/contract';
import {
  fleetParams,
  fleetQuery,
  fleetSchema,
  fleetUpgradeSchema,
  idempotencyHeaders,
  noBody,
  upgradeBody,
  type FleetChange,
} from '@freeflow/contract/http';
import type { PrismaClient } from '@freeflow/db-master';
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { acceptUpgrade, changeUpgrade, labelsOf } from '../fleet/change';
import { readFleet, readUpgrade } from '../fleet/view';
import { commonProblems, keyReused, problem, secured, tooLarge } from '../responses';
import type { TemporalGateway } from '../temporal-gateway';
import { bulkAnswerer } from '../tenants/answer-all';
import { callerOf } from '../tenants/idempotency';

const unknown = { 404: problem('There is no such upgrade', 'fleet-upgrade-unknown') } as const;

const CHANGES = {
  pause: ['fleet.pause', 'Take up no further tenants; those at work go on to their end'],
  resume: ['fleet.resume', 'Go on, whatever has failed until now'],
  cancel: ['fleet.cancel', 'Take up no further tenants, for good; those that have it keep it'],
  retry: ['fleet.retry', 'Try those again that failed or were left for later'],
} as const satisfies Record<FleetChange, readonly [AuditAction, string]>;

/** Versions of the blueprint, and how they get to all tenants. */
export const fleetRoutes: FastifyPluginCallbackZod<{ db: PrismaClient; temporal: TemporalGateway }> = (
  app,
  { db, temporal },
  done,
) => {
  app.get(
    '/fleet',
    {
      schema: {
        ...secured('fleet', 'fleet.show'),
        summary: 'Show which tenants have which version of the blueprint, and the last upgrade',
        querystring: fleetQuery,
        response: { 200: fleetSchema, ...commonProblems },
      },
    },
    (request) => readFleet(db, labelsOf(request.query.label ?? [])),
  );

  app.post(
    '/fleet/upgrades',
    {
      schema: {
        ...secured('fleet', 'fleet.upgrade'),
        summary: 'Give all tenants a version of the blueprint: each by an operation of its own, some at a time',
        description: 'Sent again under the same Idempotency-Key it is the same upgrade, as it is by then.',
        body: upgradeBody,
        headers: idempotencyHeaders,
        response: {
          202: fleetUpgradeSchema.describe('Accepted and committed; Location names it'),
          ...commonProblems,
          409: problem('One is under way, or there is no blueprint', 'fleet-upgrade-open', 'no-blueprint'),
          ...tooLarge,
          ...keyReused,
        },
      },
    },
    async (request, reply) => {
      const upgrade = await acceptUpgrade(db, request.body, callerOf(request));
      temporal.wakeFleet(upgrade.id);
      return reply.code(202).header('location', `/fleet/upgrades/${upgrade.id}`).send(upgrade);
    },
  );

  app.get(
    '/fleet/upgrades/:id',
    {
      schema: {
        ...secured('fleet', 'fleet.show-upgrade'),
        summary: 'Show an upgrade of the fleet',
        params: fleetParams,
        response: { 200: fleetUpgradeSchema, ...commonProblems, ...unknown },
      },
    },
    (request) => readUpgrade(db, request.params.id),
  );

  for (const [change, [action, summary]] of Object.entries(CHANGES) as [
    keyof typeof CHANGES,
    (typeof CHANGES)[keyof typeof CHANGES],
  ][])
    app.post(
      `/fleet/upgrades/:id/${change}`,
      {
        schema: {
          ...secured('fleet', action),
          summary,
          params: fleetParams,
          body: noBody,
          response: {
            202: fleetUpgradeSchema,
            ...commonProblems,
            ...unknown,
            409: problem('It has ended, or another one is under way', 'fleet-upgrade-ended', 'fleet-upgrade-open'),
          },
        },
      },
      async (request, reply) => {
        const upgrade = await changeUpgrade(db, request.params.id, change, request);
        if (change === 'retry') await bulkAnswerer(db, temporal).retryParked(upgrade.id, request);
        if (upgrade.endedAt === null) temporal.wakeFleet(upgrade.id);
        return reply.code(202).send(upgrade);
      },
    );
  done();
};
