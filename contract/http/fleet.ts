import { z } from 'zod';
import { FLEET_STATES, FLEET_TENANT_STATES } from '../fleet';
import { EXAMPLES } from './examples';
import { labelFilter, splitLabel } from './identity';
import { rowId } from './text';

export { FLEET_STATES, FLEET_TENANT_STATES };

const time = z.iso.datetime();
const count = z.number().int();

/** What can be asked of one that is there. */
export type FleetChange = 'pause' | 'resume' | 'cancel' | 'retry';

export const upgradeBody = z
  .strictObject({
    to: z.number().int().min(1).optional().describe('The version; the highest one when left out'),
    canary: z
      .number()
      .int()
      .min(0)
      .max(1_000)
      .default(2)
      .describe('So many tenants first, and the others only once these are done'),
    concurrency: z.number().int().min(1).max(200).default(8).describe('So many tenants at a time'),
    pauseOnFailures: z.number().int().min(1).max(100_000).default(3).describe('After so many failures it pauses'),
    only: z
      .array(labelFilter)
      .max(20)
      .refine(
        (labels) => new Set(labels.map((it) => splitLabel(it)[0])).size === labels.length,
        'must have each key once',
      )
      .default([])
      .describe('Those alone that have all these labels, as key:value'),
  })
  .meta({ id: 'UpgradeFleet', examples: [EXAMPLES.upgradeFleet] });

export const fleetParams = z.strictObject({ id: rowId() });

const fleetTenantSchema = z
  .object({
    tenantId: z.uuid(),
    name: z.string(),
    state: z.enum(FLEET_TENANT_STATES),
    isCanary: z.boolean(),
    cause: z.string().nullable().describe('Why it failed, or was left for later'),
    operationId: z.uuid().nullable(),
    changedAt: time,
  })
  .meta({ id: 'FleetTenant' });

export const fleetUpgradeSchema = z
  .object({
    id: z.uuid(),
    version: count,
    canary: count,
    concurrency: count,
    pauseOnFailures: count,
    only: z.array(z.string()),
    state: z.enum(FLEET_STATES),
    reason: z.string().nullable().describe('Why it is paused'),
    counts: z.object(
      Object.fromEntries(FLEET_TENANT_STATES.map((it) => [it, count])) as Record<
        (typeof FLEET_TENANT_STATES)[number],
        typeof count
      >,
    ),
    requestedBy: z.string(),
    createdAt: time,
    endedAt: time.nullable(),
    tenants: z
      .array(fleetTenantSchema)
      .describe('Those at work, failed or left, up to 500; of the others there are the counts'),
  })
  .meta({ id: 'FleetUpgrade', examples: [EXAMPLES.fleetUpgrade] });

export const fleetSchema = z
  .object({
    version: count.nullable().describe('The version in force; null: there is no blueprint'),
    versions: z
      .array(
        z.object({
          version: count.nullable().describe('null: none'),
          publishedAt: time.nullable(),
          tenants: count.describe('How many living tenants have all of it'),
        }),
      )
      .describe('Newest first'),
    behind: z
      .object({ now: count.describe('Active, and neither held nor busy'), later: count })
      .describe('How many an upgrade would upgrade now, and how many it would leave for later'),
    upgrade: fleetUpgradeSchema.nullable().describe('The last one'),
  })
  .meta({ id: 'Fleet', examples: [EXAMPLES.fleet] });

export const fleetQuery = z.strictObject({
  label: z
    .union([labelFilter.transform((it) => [it]), z.array(labelFilter).max(20)])
    .optional()
    .describe('Counts those alone that have this label; may be repeated'),
});

export type UpgradeBody = z.output<typeof upgradeBody>;
export type UpgradeRequestBody = z.input<typeof upgradeBody>;
export type FleetUpgradeBody = z.output<typeof fleetUpgradeSchema>;
export type FleetBody = z.output<typeof fleetSchema>;
