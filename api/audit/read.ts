import { AUDIT_CHANNELS, AUDIT_OUTCOMES } from '@freeflow/contract';
import { rowId, type AuditEventBody, type AuditQuery } from '@freeflow/contract/http';
import { Prisma, type AuditEvent, type PrismaClient } from '@freeflow/db-master';
import { z } from 'zod';
import { cursorAfter, decodeCursor, timePlace } from '../tenants/cursor';

/** One page of the audit trail, newest first. @throws Problem `request-invalid` when the cursor is none of ours */
export async function readAudit(
  db: PrismaClient,
  query: AuditQuery,
): Promise<{ items: AuditEventBody[]; nextCursor: string | null }> {
  const rows = await db.$queryRaw<AuditEvent[]>`
    SELECT * FROM "AuditEvent" a WHERE ${Prisma.join(conditionsOf(query), ' AND ')}
     ORDER BY a."at" DESC, a.id DESC LIMIT ${query.limit + 1}`;
  return {
    items: rows.slice(0, query.limit).map(viewEvent),
    nextCursor: cursorAfter(rows, query.limit, ({ at }) => at),
  };
}

/** Each is the beginning of an index that has the order of the page. */
function conditionsOf({ tenant, actor, action, since, cursor }: AuditQuery): Prisma.Sql[] {
  const place = cursor === undefined ? undefined : decodeCursor(timePlace, cursor);
  return [
    ...(tenant === undefined ? [] : [isOfTenant(tenant)]),
    ...(actor === undefined ? [] : [Prisma.sql`a.actor = ${actor}`]),
    ...(action === undefined ? [] : [Prisma.sql`a.action = ${action}`]),
    ...(since === undefined ? [] : [Prisma.sql`a."at" >= ${new Date(since)}`]),
    ...(place === undefined ? [] : [Prisma.sql`(a."at", a.id) < (${place[0]}::timestamptz, ${place[1]}::uuid)`]),
    Prisma.sql`true`,
  ];
}

function isOfTenant(tenant: string): Prisma.Sql {
  const { success, data } = rowId().safeParse(tenant);
  return success ? Prisma.sql`a."tenantId" = ${data}::uuid` : Prisma.sql`a."tenantName" = ${tenant}`;
}

/** As the CHECKs of the table have them. */
const words = z.object({ channel: z.enum(AUDIT_CHANNELS), outcome: z.enum(AUDIT_OUTCOMES) });

const viewEvent = ({ at, channel, outcome, ...rest }: AuditEvent): AuditEventBody => ({
  ...rest,
  at: at.toISOString(),
  ...words.parse({ channel, outcome }),
});
