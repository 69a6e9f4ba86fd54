import { isOpenState } from '@freeflow/contract';
import { splitLabel, type ListQuery } from '@freeflow/contract/http';
import { Prisma, type PrismaClient } from '@freeflow/db-master';
import { decodeCursor, namePlace, timePlace } from './cursor';
import { isParkedAt } from './stuck-rows';

/**
 * The ids of one page of the list, newest first, or by name where only the beginning of names is given; one more than
 * the limit, which shows whether there is a next page.
 * Whatever it is filtered by, an index has its order: enums are compared as such, and each part of the page is a range
 * of its own.
 * @throws Problem `request-invalid` when the cursor is none of ours
 */
export async function pageOfIds(db: PrismaClient, query: ListQuery): Promise<string[]> {
  const size = query.limit + 1;
  const order = query.prefix === undefined ? NEWEST_FIRST : BY_NAME;
  const conditions = [...tenantConditions(query), placeCondition(query)];
  const parts = operationConditions(query).map(
    (it) => Prisma.sql`(
      SELECT t.id, t.name, t."createdAt" FROM "Tenant" t
       WHERE ${Prisma.join([...conditions, ...it], ' AND ')}
       ORDER BY ${order} LIMIT ${size})`,
  );
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT id FROM (${Prisma.join(parts, ' UNION ALL ')}) t ORDER BY ${order} LIMIT ${size}`;
  return rows.map(({ id }) => id);
}

const NEWEST_FIRST = Prisma.sql`t."createdAt" DESC, t.id DESC`;
/** By bytes: only so the beginning of a name is a range. */
const BY_NAME = Prisma.sql`t.name COLLATE "C", t.id`;
/** Comes after all that a name can have in it. */
const AFTER_NAMES = '{';

/** Where the page begins, and, by name, where it ends. */
function placeCondition({ prefix, cursor }: ListQuery): Prisma.Sql {
  if (prefix === undefined) {
    if (cursor === undefined) return Prisma.sql`true`;
    const [time, id] = decodeCursor(timePlace, cursor);
    return Prisma.sql`(t."createdAt", t.id) < (${time}::timestamptz, ${id}::uuid)`;
  }
  const range = Prisma.sql`t.name COLLATE "C" >= ${prefix} AND t.name COLLATE "C" < ${prefix + AFTER_NAMES}`;
  if (cursor === undefined) return range;
  const [name, id] = decodeCursor(namePlace, cursor);
  return Prisma.sql`${range} AND (t.name COLLATE "C", t.id) > (${name}, ${id}::uuid)`;
}

function tenantConditions({ status, name, externalId, plan, label = [], gone }: ListQuery): Prisma.Sql[] {
  // A tenant that is gone is deleted: none of another status is, and those that live have indexes of their own.
  const hasGone = gone === 'true' && (status === undefined || status === 'deleted');
  return [
    ...(hasGone ? [] : [Prisma.sql`t."goneAt" IS NULL`]),
    ...(status === undefined ? [] : [Prisma.sql`t.status = ${status}::"TenantStatus"`]),
    ...(name === undefined ? [] : [Prisma.sql`t.name = ${name}`]),
    ...(externalId === undefined ? [] : [Prisma.sql`t."externalId" = ${externalId}`]),
    ...(plan === undefined ? [] : [Prisma.sql`t.plan = ${plan}`]),
    ...label.map(hasLabel),
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
  return [isOpenState(operation) ? [inProgress] : ended];
}
