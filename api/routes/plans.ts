import { planList } from '@freeflow/contract/http';
import type { Plans } from '@freeflow/contract/plans';
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { commonProblems, secured } from '../responses';

/** The plans that a tenant can have, as the API has read them when it started. */
export const planRoutes: FastifyPluginCallbackZod<{ plans: Plans }> = (app, { plans }, done) => {
  const items = [...plans].map(([name, { title = null, ...sections }]) => ({
    name,
    title,
    limits: limitsIn(sections),
  }));
  app.get(
    '/plans',
    {
      schema: {
        ...secured('plans', 'plans.list'),
        summary: 'List the plans that tenants can have',
        response: { 200: planList, ...commonProblems },
      },
    },
    () => ({ items }),
  );
  done();
};

/** What limits something, and nothing else. */
const limitsIn = (sections: Readonly<Record<string, Readonly<Record<string, number | undefined>> | undefined>>) =>
  Object.fromEntries(
    Object.entries(sections).flatMap(([backend, section]) =>
      section === undefined
        ? []
        : [
            [
              backend,
              Object.fromEntries(
                Object.entries(section).flatMap(([name, it]) => (it === undefined ? [] : [[name, it]])),
              ),
            ],
          ],
    ),
  ) as Record<string, Record<string, number>>;
