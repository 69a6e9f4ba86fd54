import { usageSchema } from '@freeflow/contract/http';
import { queryOptions } from '@tanstack/react-query';
import type { Api } from './client';
import { KEYS } from './keys';

/** It is measured hourly, and with each comparison: no event tells of that. In ms. */
const LOOK_EVERY_MS = 30_000;

/** How much a tenant uses, as it was measured last. */
export const usageQuery = (api: Api, id: string) =>
  queryOptions({
    queryKey: KEYS.usage(id),
    queryFn: ({ signal }) => api.call(usageSchema, { path: `/tenants/${id}/usage`, signal, isPatient: true }),
    refetchInterval: LOOK_EVERY_MS,
  });
