import type { PlanListBody } from '@freeflow/contract/http';
import { colours as pc } from '@freeflow/lib/colours';

type ShownPlan = PlanListBody['items'][number];

/** Plans with their limits, a line for each backend. */
export const planLines = (plans: readonly ShownPlan[]): string[] =>
  plans.length === 0
    ? ['There are no plans: PLANS_FILE of the API is not set.']
    : plans.flatMap(({ name, title, limits }) => [
        title === null ? pc.bold(name) : `${pc.bold(name)}  ${title}`,
        ...Object.entries(limits).map(
          ([backend, of]) =>
            `  ${backend.padEnd(10)} ${Object.entries(of)
              .map(([limit, value]) => `${limit} ${value}`)
              .join(', ')}`,
        ),
      ]);
