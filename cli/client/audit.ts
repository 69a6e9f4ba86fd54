import type { AuditAction } from '@freeflow/contract';
import { auditPage, type AuditEventBody } from '@freeflow/contract/http';
import type { Call } from './http';

export interface AuditFilter {
  tenant?: string;
  actor?: string;
  action?: AuditAction;
  /** By ISO 8601. */
  since?: string;
}

const MOST_A_PAGE = 500;

/**
 * The audit trail, newest first: all rows that match, a page at a time, up to `most`. Gives in the end whether there
 * are none left.
 */
export async function* auditRows(
  call: Call,
  filter: AuditFilter,
  most = Infinity,
): AsyncGenerator<AuditEventBody, boolean> {
  let left = most;
  for (let cursor: string | undefined; ;) {
    const fields = {
      ...filter,
      limit: String(Math.min(MOST_A_PAGE, left)),
      ...(cursor === undefined ? {} : { cursor }),
    };
    const { items, nextCursor } = await call(auditPage, 'GET', `/audit?${new URLSearchParams(fields).toString()}`);
    yield* items;
    left -= items.length;
    if (nextCursor === null || left <= 0) return nextCursor === null;
    cursor = nextCursor;
  }
}
