import { z } from 'zod';
import { BACKEND_KINDS } from '../backends';
import { MEASURES, type Measure } from '../usage';
import { EXAMPLES } from './examples';
import { pageLimit } from './paging';
import { numberInQuery } from './text';

const names = Object.keys(MEASURES) as [Measure, ...Measure[]];

const measureSchema = z.object({
  measure: z.enum(names),
  value: z.number().describe('Sizes in bytes'),
  limit: z.number().nullable().describe('By its plan when it was measured; null: none'),
  percent: z.number().int().nullable().describe('Of the limit, rounded down'),
});

const measured = {
  backend: z.enum(BACKEND_KINDS),
  plan: z.string().nullable().describe('The plan by which it was compared'),
  measuredAt: z.iso.datetime(),
  measures: z.array(measureSchema),
};

/** How much a tenant uses, as it was measured last. */
export const usageSchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    plan: z.string().nullable(),
    backends: z.array(z.object(measured)).describe('Those that have been measured: within an hour of its create'),
  })
  .meta({ id: 'TenantUsage', examples: [EXAMPLES.usage] });

export const usageQuery = z.strictObject({
  least: numberInQuery(80, 100_000).default(80).describe('Those that use so many percents of a limit at least'),
  limit: pageLimit(100, 500),
});

/** Who is near a limit, or beyond it. */
export const usageList = z
  .object({
    items: z.array(
      z.object({ id: z.uuid(), name: z.string(), percent: z.number().int().describe('The highest'), ...measured }),
    ),
    isComplete: z.boolean().describe('Whether there are no more than the limit'),
  })
  .meta({ id: 'UsageList', examples: [EXAMPLES.usageList] });

export type UsageBody = z.output<typeof usageSchema>;
export type UsageListBody = z.output<typeof usageList>;
