import { isDeepStrictEqual } from 'node:util';
import { canBeForbidden } from '@freeflow/contract';
import {
  MOST_LABELS,
  TOO_MANY_LABELS,
  type HoldBody,
  type TenantBody,
  type UpdateTenantBody,
} from '@freeflow/contract/http';
import type { Plans } from '@freeflow/contract/plans';
import { recordAudit, type Prisma, type PrismaClient, type Tenant } from '@freeflow/db-master';
import type { RequestAudit } from '../audit/request-audit';
import { Problem } from '../errors';
import { assertUnchanged, type Identity } from './etag';
import { isDuplicate } from './idempotency';
import { externalIdTaken, tenantNotFound } from './refusals';
import { assertKnownPlan, requestPlan, type RequestedPlan } from './request-plan';
import { LAST_OPERATIONS, viewTenant, type RunUrl, type TenantWithOperation } from './view';

/** What is to be written; a plan by an operation. */
type Change = Partial<
  Pick<Tenant, 'displayName' | 'externalId' | 'plan' | 'deletionProtected' | 'holdUntil' | 'holdReason'> & {
    labels: Record<string, string>;
  }
>;

/** On what a change depends: the ETag that the caller has seen, and that it can be written down. */
export interface Conditions {
  principal: string;
  ifMatch?: string | undefined;
  audit: RequestAudit;
}

/** A tenant that is changed, with the operation that its plan takes. */
export interface Updated {
  tenant: TenantBody;
  requested: RequestedPlan | undefined;
}

/** Decides on a tenant as it is, locked; `now` by the master database. */
type Decide = (tenant: TenantBody, now: Date) => Change;

/**
 * Changes what an administrator sets of a tenant, at once, in the master database alone; but for its plan, of which an
 * operation is accepted together with all else, or neither. Each under the lock of the
 * tenant's row, by which it comes either before a deletion is accepted or begins, and refuses it, or after.
 * @throws Problem `tenant-unknown` | `precondition-failed` | `external-id-taken` | `being-deleted` |
 * `being-soft-deleted` |
 *   `not-active-yet` | `never-active` | `body-invalid`, and of a plan what refuses any operation
 */
export function tenantUpdater(db: PrismaClient, plans: Plans, runUrl: RunUrl) {
  const change = (id: string, { ifMatch, audit, principal }: Conditions, decide: Decide): Promise<Updated> =>
    db.$transaction(async (tx) => {
      const now = await lockTenant(tx, id);
      const tenant = await tx.tenant.findUniqueOrThrow({ where: { id }, include: LAST_OPERATIONS });
      if (tenant.goneAt !== null) throw tenantNotFound(id);
      const before = viewTenant(tenant, runUrl);
      assertUnchanged(before, ifMatch);
      const { plan, ...wanted } = decide(before, now);
      const changed = differencesOf(before, wanted);
      const requested = plan === undefined ? undefined : await requestPlan(tx, tenant, plan, principal);
      if (Object.keys(changed).length === 0 && requested?.isNew !== true)
        return { tenant: viewWith(tenant, requested, runUrl), requested };
      if (isProtecting(changed)) assertNotBeingRemoved(tenant);
      if (changed.deletionProtected === true) assertNotBeingSoftDeleted(tenant);
      if ((changed.holdUntil ?? null) !== null) assertHasData(tenant);
      const after = Object.keys(changed).length === 0 ? tenant : await write(tx, id, changed);
      const subject = { tenantId: id, tenantName: tenant.name };
      await recordAudit(tx, [
        requested?.isNew === true
          ? audit.accepted({
              ...subject,
              operationId: requested.operation.id,
              detail: { ...detailOf(changed), plan: { from: tenant.plan, to: requested.operation.plan } },
            })
          : audit.accepted({ ...subject, detail: detailOf(changed) }, 200),
      ]);
      return { tenant: viewWith({ ...after, operations: tenant.operations }, requested, runUrl), requested };
    });

  return {
    update: (id: string, patch: UpdateTenantBody, conditions: Conditions): Promise<Updated> =>
      change(id, conditions, ({ labels }) => {
        assertKnownPlan(plans, patch.plan);
        return mergePatch(labels, patch);
      }),

    hold: (id: string, { until, reason }: HoldBody, conditions: Conditions): Promise<Updated> =>
      change(id, conditions, (_tenant, now) => {
        const holdUntil = new Date(until);
        if (holdUntil <= now) throw invalid('/until', `must be in the future; it is ${now.toISOString()} now`);
        return { holdUntil, holdReason: reason };
      }),

    release: (id: string, conditions: Conditions): Promise<Updated> =>
      change(id, conditions, () => ({ holdUntil: null, holdReason: null })),
  };
}

/** With the operation that it takes to change its plan. */
const viewWith = (tenant: TenantWithOperation, requested: RequestedPlan | undefined, runUrl: RunUrl): TenantBody =>
  viewTenant(requested?.isNew === true ? { ...tenant, operations: [requested.operation] } : tenant, runUrl);

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
