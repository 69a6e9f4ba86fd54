import {
  logPage,
  operationPage,
  tenantDetailSchema,
  tenantPage,
  type LogRowBody,
  type TenantDetailBody,
} from '@freeflow/contract/http';
import { queryOptions } from '@tanstack/react-query';
import type { Api, Call } from './client';
import { KEYS } from './keys';

/** One page of tenants. */
export const tenantListQuery = (api: Api, query: NonNullable<Call['query']>) =>
  queryOptions({
    queryKey: KEYS.tenantList(query),
    queryFn: ({ signal }) => api.call(tenantPage, { path: '/tenants', query, signal }),
  });

/** A tenant as it was read, with the ETag that a change of it names. */
export interface ShownTenant {
  tenant: TenantDetailBody;
  etag: string | undefined;
}

export const tenantQuery = (api: Api, id: string) =>
  queryOptions({
    queryKey: KEYS.tenant(id),
    queryFn: async ({ signal, client }): Promise<ShownTenant> => {
      // Read anew because of an event it can wait: what only follows must not use up what on-call may ask.
      const isFollowing = client.getQueryData(KEYS.tenant(id)) !== undefined;
      const call = { path: `/tenants/${id}`, signal, isPatient: isFollowing };
      const { body, etag } = await api.callTagged(tenantDetailSchema, call);
      return { tenant: body, etag };
    },
  });

const LOG_ROWS = 500;
/** More than this no page shows; a tenant has so many after years, or after days of being parked. */
const MOST_LOG_PAGES = 20;

interface LogPart {
  cursor: string | undefined;
  rows: readonly LogRowBody[];
}

/**
 * What was done, attempt by attempt, oldest first. Rows are only ever added: of what was read the last part alone is
 * read anew.
 */
export const logsQuery = (api: Api, id: string) =>
  queryOptions({
    queryKey: KEYS.logs(id),
    queryFn: async ({ signal, client }): Promise<LogPart[]> => {
      const known = client.getQueryData<LogPart[]>(KEYS.logs(id)) ?? [];
      const parts = known.slice(0, -1);
      let cursor = known.at(-1)?.cursor;
      while (parts.length < MOST_LOG_PAGES) {
        const query = { limit: LOG_ROWS, cursor };
        const page = await api.call(logPage, { path: `/tenants/${id}/logs`, query, signal });
        parts.push({ cursor, rows: page.items });
        if (page.nextCursor === null) break;
        cursor = page.nextCursor;
      }
      return parts;
    },
    select: (parts) => parts.flatMap(({ rows }) => rows),
  });

const EARLIER_OPERATIONS = 50;

/** What was ever asked for a tenant, newest first. */
export const operationsQuery = (api: Api, id: string) =>
  queryOptions({
    queryKey: KEYS.operations(id),
    queryFn: ({ signal }) =>
      api.call(operationPage, { path: `/tenants/${id}/operations`, query: { limit: EARLIER_OPERATIONS }, signal }),
  });
