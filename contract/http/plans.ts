import { z } from 'zod';
import { EXAMPLES } from './examples';

/** The plans of the installation, as the API has read them. */
export const planList = z
  .object({
    items: z.array(
      z.object({
        name: z.string(),
        title: z.string().nullable().describe('What people call it'),
        limits: z
          .record(z.string(), z.record(z.string(), z.number()))
          .describe('By backend: sizes in bytes, times in ms. What is not here is not limited'),
      }),
    ),
  })
  .meta({ id: 'PlanList', examples: [EXAMPLES.plans] });

export type PlanListBody = z.output<typeof planList>;
