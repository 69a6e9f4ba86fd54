import { isDeepStrictEqual } from 'node:util';
import { canBeForbidden } from '@freeflow/contract';
import {
  MOST_LABELS,
  TOO_MANY_LABELS,
  type HoldBody,
  type TenantBody,
  type UpdateTenantBody,
} from '@freeflow/contract/http';
import { recordAudit, type Prisma, type PrismaClient, type Tenant } from '@freeflow/db-master';
import type { RequestAudit } from '../audit/request-audit';
import { Problem } from '../errors';
import { assertUnchanged, type Identity } from './etag';
import { isDuplicate } from './idempotency';
import { externalIdTaken, tenantNotFound } from './refusals';
import { LAST_OPERATIONS, viewTenant, type RunUrl, type TenantWithOperation } from './view';

/** What is to be written. */
type Change = Partial<
  Pick<Tenant, 'displayName' | 'externalId' | 'deletionProtected' | 'holdUntil' | 'holdReason'> & {
    labels: Record<string, string>;
  }
>;

/** On what a change depends: the ETag that the caller has seen, and that it can be written down. */
export interface Conditions {
  ifMatch?: string | undefined;
  audit: RequestAudit;
}

/** Decides on a tenant as it is, locked; `now` by the master database. */
type Decide = (tenant: TenantBody, now: Date) => Change;

/**
 * Changes what an administrator sets of a tenant, at once, in the master database alone. Each under the lock of the
 * tenant's row, by which it comes either before a deletion is accepted or begins, and refuses it, or after.
 * @throws Problem `tenant-unknown` | `precondition-failed` | `external-id-taken` | `being-deleted` |
 * `being-soft-deleted` |
 *   `not-active-yet` | `never-active` | `body-invalid`
 */
export function tenantUpdater(db: PrismaClient, runUrl: RunUrl) {
  const change = (id: string, { ifMatch, audit }: Conditions, decide: Decide): Promise<TenantBody> =>
    db.$transaction(async (tx) => {
      const now = await lockTenant(tx, id);
      const tenant = await tx.tenant.findUniqueOrThrow({ where: { id }, include: LAST_OPERATIONS });
      if (tenant.goneAt !== null) throw tenantNotFound(id);
      const before = viewTenant(tenant, runUrl);
      assertUnchanged(before, ifMatch);
      const changed = differencesOf(before, decide(before, now));
      if (Object.keys(changed).length === 0) return before;
      if (isProtecting(changed)) assertNotBeingRemoved(tenant);
      if (changed.deletionProtected === true) assertNotBeingSoftDeleted(tenant);
      if ((changed.holdUntil ?? null) !== null) assertHasData(tenant);
      const after = await write(tx, id, changed);
      await recordAudit(tx, [
        audit.accepted({ tenantId: id, tenantName: tenant.name, detail: detailOf(changed) }, 200),
      ]);
      return viewTenant({ ...after, operations: tenant.operations }, runUrl);
    });

  return {
    update: (id: string, patch: UpdateTenantBody, conditions: Conditions): Promise<TenantBody> =>
      change(id, conditions, ({ labels }) => mergePatch(labels, patch)),

    hold: (id: string, { until, reason }: HoldBody, conditions: Conditions): Promise<TenantBody> =>
      change(id, conditions, (_tenant, now) => {
        const holdUntil = new Date(until);
        if (holdUntil <= now) throw invalid('/until', `must be in the future; it is ${now.toISOString()} now`);
        return { holdUntil, holdReason: reason };
      }),

    release: (id: string, conditions: Conditions): Promise<TenantBody> =>
      change(id, conditions, () => ({ holdUntil: null, holdReason: null })),
  };
}

/** @returns what time it is once the row is locked */
async function lockTenant(tx: Prisma.TransactionClient, id: string): Promise<Date> {
  const [row] = await tx.$queryRaw<{ now: Date }[]>`
    SELECT clock_timestamp() AS now FROM (SELECT 1 FROM "Tenant" WHERE id = ${id}::uuid FOR NO KEY UPDATE) locked`;
  if (row === undefined) throw tenantNotFound(id);
  return row.now;
}

/** https://www.rfc-editor.org/rfc/rfc7396 */
function mergePatch(present: Readonly<Record<string, string>>, { labels, ...fields }: UpdateTenantBody): Change {
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Change;
  if (labels === undefined) return given;
  const merged = Object.entries({ ...(labels === null ? {} : present), ...labels });
  const left = merged.filter((it): it is [string, string] => it[1] !== null);
  if (left.length > MOST_LABELS) throw invalid('/labels', TOO_MANY_LABELS);
  return { ...given, labels: Object.fromEntries(left) };
}

/** What stays as it is is not written: the tenant counts as changed by its last change. */
function differencesOf(before: Identity, change: Change): Change {
  const shown = (value: unknown) => (value instanceof Date ? value.toISOString() : value);
  return Object.fromEntries(
    Object.entries(change).filter(
      ([field, value]) => !isDeepStrictEqual(shown(value), before[field as keyof Identity]),
    ),
  );
}

/** What was changed, by the names of the fields; by their values what keeps it from being deleted. */
const detailOf = ({ deletionProtected, holdUntil, holdReason, ...rest }: Change) => ({
  changed: Object.keys(rest),
  deletionProtected,
  holdUntil: holdUntil?.toISOString() ?? holdUntil,
  holdReason,
});

const isProtecting = ({ deletionProtected, holdUntil }: Change): boolean =>
  deletionProtected === true || (holdUntil ?? null) !== null;

/** Whether all of it is dropped, or what a create has made so far: then a promise to keep it would be none. */
function assertNotBeingRemoved({ status, operations }: TenantWithOperation): void {
  const isRolledBack = operations.some((it) => it.endedAt === null && (it.undoing || it.kind === 'hard_delete'));
  if (status === 'deleting' || (status === 'provisioning' && isRolledBack))
    throw new Problem('being-deleted', 'Its removal has begun: there is nothing left to protect.');
}

/**
 * Protection counts until a deletion begins; after that it would be accepted, and the tenant deleted all the same. A
 * hold is not refused: it keeps the data, which a soft delete drops none of. Nor is protection once the deletion is
 * undone: then the tenant becomes what it was.
 */
function assertNotBeingSoftDeleted({ operations }: TenantWithOperation): void {
  const isBegun = operations.some(
    (it) => it.endedAt === null && canBeForbidden(it.kind) && it.fromStatus !== null && !it.undoing,
  );
  if (isBegun) throw new Problem('being-soft-deleted', 'Protection would not stop it: nothing was changed.');
}

/**
 * A create that has not ended is rolled back where it fails or is aborted, and what was never completed is there to be
 * removed: a hold would promise to keep what nobody keeps.
 */
function assertHasData({ status, operations }: TenantWithOperation): void {
  if (status !== 'provisioning') return;
  const isInProgress = operations.some((it) => it.endedAt === null);
  throw new Problem(isInProgress ? 'not-active-yet' : 'never-active', 'Nothing was changed.');
}

async function write(tx: Prisma.TransactionClient, id: string, data: Change): Promise<Tenant> {
  try {
    return await tx.tenant.update({ where: { id }, data });
  } catch (error) {
    throw isDuplicate(error, 'externalId') ? externalIdTaken(data.externalId ?? '', error) : error;
  }
}

const invalid = (pointer: string, detail: string): Problem =>
  new Problem('body-invalid', `${pointer}: ${detail}`, { errors: [{ pointer, detail }] });
