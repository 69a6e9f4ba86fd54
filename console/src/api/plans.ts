import { planList } from '@freeflow/contract/http';
import { queryOptions } from '@tanstack/react-query';
import type { Api } from './client';
import { KEYS } from './keys';

/** The plans that tenants can have. The API reads them when it starts: they stay as they are. */
export const plansQuery = (api: Api) =>
  queryOptions({
    queryKey: KEYS.plans,
    queryFn: ({ signal }) => api.call(planList, { path: '/plans', signal }),
    staleTime: Infinity,
  });
