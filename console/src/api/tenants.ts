import { logPage, tenantDetailSchema, tenantPage } from '@freeflow/contract/http';
import { queryOptions } from '@tanstack/react-query';
import type { Api, Call } from './client';
import { KEYS } from './keys';

/** One page of tenants. */
export const tenantListQuery = (api: Api, query: NonNullable<Call['query']>) =>
  queryOptions({
    queryKey: KEYS.tenantList(query),
    queryFn: ({ signal }) => api.call(tenantPage, { path: '/tenants', query, signal }),
  });

/** A tenant, with the ETag that a change of it names. */
export const tenantQuery = (api: Api, id: string) =>
  queryOptions({
    queryKey: KEYS.tenant(id),
    queryFn: async ({ signal }) => {
      const { body, etag } = await api.callTagged(tenantDetailSchema, { path: `/tenants/${id}`, signal });
      return { tenant: body, etag };
    },
  });

const LOG_ROWS = 500;

/** What was done, attempt by attempt, newest last. */
export const logsQuery = (api: Api, id: string) =>
  queryOptions({
    queryKey: KEYS.logs(id),
    queryFn: ({ signal }) => api.call(logPage, { path: `/tenants/${id}/logs`, query: { limit: LOG_ROWS }, signal }),
  });
