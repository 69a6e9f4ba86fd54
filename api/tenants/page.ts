import { OPEN_STATES } from '@freeflow/contract';
import { splitLabel, type ListQuery } from '@freeflow/contract/http';
import { Prisma, type PrismaClient } from '@freeflow/db-master';
import { decodeCursor, timePlace } from './cursor';
import { isParkedAt } from './stuck-rows';

/**
 * The ids of one page of the list, newest first; one more than the limit, which shows whether there is a next page.
 * Whatever it is filtered by, an index has its order: enums are compared as such, and each part of the page is a range
 * of its own.
 * @throws Problem `request-invalid` when the cursor is none of ours
 */
export async function pageOfIds(db: PrismaClient, query: ListQuery): Promise<string[]> {
  const size = query.limit + 1;
  const conditions = tenantConditions(query);
  const parts = operationConditions(query).map(
    (it) => Prisma.sql`(
      SELECT t.id, t."createdAt" FROM "Tenant" t
       WHERE ${Prisma.join([...conditions, ...it], ' AND ')}
       ORDER BY t."createdAt" DESC, t.id DESC LIMIT ${size})`,
  );
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT id FROM (${Prisma.join(parts, ' UNION ALL ')}) page ORDER BY "createdAt" DESC, id DESC LIMIT ${size}`;
  return rows.map(({ id }) => id);
}

function tenantConditions({ status, name, externalId, label = [], gone, cursor }: ListQuery): Prisma.Sql[] {
  const place = cursor === undefined ? undefined : decodeCursor(timePlace, cursor);
  // A tenant that is gone is deleted: none of another status is, and those that live have indexes of their own.
  const hasGone = gone === 'true' && (status === undefined || status === 'deleted');
  return [
    ...(hasGone ? [] : [Prisma.sql`t."goneAt" IS NULL`]),
    ...(status === undefined ? [] : [Prisma.sql`t.status = ${status}::"TenantStatus"`]),
    ...(name === undefined ? [] : [Prisma.sql`t.name = ${name}`]),
    ...(externalId === undefined ? [] : [Prisma.sql`t."externalId" = ${externalId}`]),
    ...label.map(hasLabel),
    ...(place === undefined ? [] : [Prisma.sql`(t."createdAt", t.id) < (${place[0]}::timestamptz, ${place[1]}::uuid)`]),
    Prisma.sql`true`,
  ];
}

/** What is true of labels with this one is said as well: the indexes hold no tenant without labels. */
const hasLabel = (label: string): Prisma.Sql =>
  Prisma.sql`t.labels <> '{}'::jsonb AND t.labels @> ${JSON.stringify(Object.fromEntries([splitLabel(label)]))}::jsonb`;

/**
 * The conditions of each part: of tenants with an operation in progress, which are few, each open one counts, since
 * below a forced deletion the one that it has interrupted may be parked; of all others the last one, by how it has
 * ended.
 */
function operationConditions({ operation, step }: ListQuery): Prisma.Sql[][] {
  if (operation === undefined && step === undefined) return [[]];
  const inProgress = Prisma.sql`t.id IN (SELECT o."tenantId" FROM "TenantOperation" o WHERE ${Prisma.join(
    [
      Prisma.sql`o."endedAt" IS NULL AND o.kind <> 'adopt'`,
      ...(operation === undefined ? [] : [Prisma.sql`o.state = ${operation}::"OperationState"`]),
      ...(step === undefined ? [] : [Prisma.sql`(o.step = ${step} OR ${isParkedAt(step)})`]),
    ],
    ' AND ',
  )})`;
  const ended = [
    ...(operation === undefined ? [] : [Prisma.sql`t.outcome = ${operation}::"OperationState"`]),
    ...(step === undefined ? [] : [Prisma.sql`t."outcomeStep" = ${step}`]),
    Prisma.sql`NOT EXISTS (
      SELECT FROM "TenantOperation" o WHERE o."tenantId" = t.id AND o."endedAt" IS NULL AND o.kind <> 'adopt')`,
  ];
  if (operation === undefined) return [[inProgress], ended];
  return [isOpen(operation) ? [inProgress] : ended];
}

const isOpen = (state: string): boolean => OPEN_STATES.some((it) => it === state);
