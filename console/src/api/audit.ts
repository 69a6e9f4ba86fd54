import { auditPage, type AuditEventBody, type AuditQuery } from '@freeflow/contract/http';
import { queryOptions } from '@tanstack/react-query';
import type { Api } from './client';
import { KEYS } from './keys';

/** What the trail is filtered by. */
export type AuditFilter = Partial<Pick<AuditQuery, 'tenant' | 'actor' | 'action' | 'since'>>;

const ROWS_A_PAGE = 50;
const MOST_A_PAGE = 500;
/** No event tells of new rows. */
const READ_EVERY_MS = 15_000;

/** One page of the trail, newest first; the newest one is read anew now and then. */
export const auditQueryOf = (api: Api, filter: AuditFilter & { cursor?: string | undefined }) =>
  queryOptions({
    queryKey: KEYS.auditPage(filter),
    queryFn: ({ signal }) => api.call(auditPage, { path: '/audit', query: { ...filter, limit: ROWS_A_PAGE }, signal }),
    refetchInterval: filter.cursor === undefined ? READ_EVERY_MS : false,
  });

/** All rows that match, page after page, newest first. */
export async function* auditRows(
  api: Api,
  filter: AuditFilter,
  signal: AbortSignal,
): AsyncGenerator<readonly AuditEventBody[]> {
  for (let cursor: string | undefined; ;) {
    const query = { ...filter, limit: MOST_A_PAGE, cursor };
    const { items, nextCursor } = await api.call(auditPage, { path: '/audit', query, signal });
    yield items;
    if (nextCursor === null) return;
    cursor = nextCursor;
  }
}
