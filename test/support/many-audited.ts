import type { ClientBase } from 'pg';
import { encodeCursor } from '../../api/tenants/cursor';
import type { Sample } from './reading-routes';

const ROWS = 60_000;
/** So many rows are of one tenant. */
const TENANT_ROWS = 100;

/**
 * Fills the audit trail as it would stand there after months: a few actors have all rows; one action is that of a
 * single actor, one is most others', and one is rare.
 */
export async function fillAudit(owner: ClientBase, { id, name }: Sample): Promise<void> {
  await owner.query(
    `INSERT INTO "AuditEvent" (id, channel, action, outcome, actor, "tenantId", "tenantName", "at")
     SELECT gen_random_uuid(), 'api', CASE WHEN n % 5000 = 7 THEN 'tenants.skip' WHEN n % 4 = 0 THEN 'tenants.suspend' ELSE 'tenants.create' END, 'accepted', 'actor-' || n % 4,
            CASE WHEN n % $1 = 0 THEN $2::uuid ELSE gen_random_uuid() END, CASE WHEN n % $1 = 0 THEN $3 ELSE 'other' || n END,
            now() - n * interval '1 minute'
       FROM generate_series(1, $4::int) n`,
    [ROWS / TENANT_ROWS, id, name, ROWS],
  );
  await owner.query('ANALYZE "AuditEvent"');
}

/** Fills the outbox likewise: a hundred events are of one tenant. */
export async function fillEvents(owner: ClientBase, { id, name }: Sample): Promise<void> {
  await owner.query(
    `INSERT INTO "Event" (type, "tenantId", "tenantName", data, "at")
     SELECT 'step.succeeded', CASE WHEN n % $1 = 0 THEN $2::uuid ELSE gen_random_uuid() END, CASE WHEN n % $1 = 0 THEN $3 ELSE 'other' || n END,
            '{"step": "begin"}', now() - ($4 - n) * interval '1 minute'
       FROM generate_series(1, $4::int) n`,
    [ROWS / TENANT_ROWS, id, name, ROWS],
  );
  await owner.query('ANALYZE "Event"');
}

/** Every filter of the audit trail with every other. */
export function auditRoutes({ id, name }: Sample): string[] {
  const filters: Record<string, (string | undefined)[]> = {
    tenant: [undefined, id, name],
    actor: [undefined, 'actor-3', 'nobody'],
    action: [undefined, 'tenants.create', 'tenants.suspend', 'tenants.skip', 'tenants.abort'],
    since: [undefined, new Date(Date.now() - 10 * 24 * 3_600_000).toISOString()],
    cursor: [undefined, encodeCursor([new Date(Date.now() - 20 * 24 * 3_600_000).toISOString(), id])],
  };
  let queries: [string, string][][] = [[]];
  for (const [filter, values] of Object.entries(filters))
    queries = queries.flatMap((query) =>
      values.map((value) => (value === undefined ? query : [...query, [filter, value] as [string, string]])),
    );
  return queries.map((query) => `/audit?${new URLSearchParams([['limit', '20'], ...query]).toString()}`);
}
