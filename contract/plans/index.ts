// The plans by which tenants are limited, as a file has them.
import { z } from 'zod';
import type { BackendKind } from '../backends';
import { PLAN_NAME, PLAN_NAME_FORM } from '../plan-name';
import { PLAN_SECTIONS } from './sections';

export type { PlanSection } from './sections';

/** Each section may be left out, and each limit in it: then there is none. */
const plan = z.strictObject({
  title: z.string().min(1).max(100).optional().describe('what people call it'),
  postgres: PLAN_SECTIONS.postgres.optional(),
  mongodb: PLAN_SECTIONS.mongodb.optional(),
  qdrant: PLAN_SECTIONS.qdrant.optional(),
  keycloak: PLAN_SECTIONS.keycloak.optional(),
} satisfies Record<BackendKind | 'title', z.ZodType>);

const MOST_PLANS = 100;

/** The file of plans. */
export const plansFile = z.strictObject({
  plans: z
    .record(z.string().regex(PLAN_NAME, PLAN_NAME_FORM), plan)
    .refine((it) => Object.keys(it).length <= MOST_PLANS, `must be ${MOST_PLANS} plans at most`)
    .describe('The plans, by their names'),
});

/** The limits of one plan. */
export type Plan = z.output<typeof plan>;

/** The plans of an installation, by their names, in the order of the file. */
export type Plans = ReadonlyMap<string, Plan>;
