import { canBeForbidden, findProtection, type OperationKind } from '@freeflow/contract';
import {
  recordAudit,
  type AuditRow,
  type Prisma,
  type PrismaClient,
  type Tenant,
  type TenantOperation,
} from '@freeflow/db-master';
import { refuseDeletion, tenantNotFound } from './refusals';

type Protected = Pick<Tenant, 'deletionProtected' | 'holdUntil' | 'holdReason'>;

/** Inserts an operation with its row of the audit trail, or neither. */
export async function insertOperation(
  db: PrismaClient,
  data: Prisma.TenantOperationUncheckedCreateInput,
  audited: AuditRow,
): Promise<TenantOperation> {
  const [operation] = await db.$transaction([db.tenantOperation.create({ data }), recordAudit(db, [audited])]);
  return operation;
}

/**
 * The same of one that is accepted. One that deletes goes under the lock of its tenant: whoever holds or protects that
 * at the same time comes before, and it is refused, or after, and its first step refuses it.
 * @throws Problem `deletion-protected` | `on-hold`
 */
export function insertAllowedOperation(
  db: PrismaClient,
  data: Prisma.TenantOperationUncheckedCreateInput,
  audited: AuditRow,
): Promise<TenantOperation> {
  const { tenantId, kind } = data;
  if (!canBeForbidden(kind)) return insertOperation(db, data, audited);
  return db.$transaction(async (tx) => {
    const [tenant] = await tx.$queryRaw<(Protected & { now: Date })[]>`
      SELECT "deletionProtected", "holdUntil", "holdReason", clock_timestamp() AS now FROM (
        SELECT * FROM "Tenant" WHERE id = ${tenantId}::uuid FOR SHARE) locked`;
    if (tenant === undefined) throw tenantNotFound(tenantId);
    assertNotForbidden(tenant, kind, tenant.now);
    await recordAudit(tx, [audited]);
    return tx.tenantOperation.create({ data });
  });
}

/**
 * @param now by the master database
 * @throws Problem `deletion-protected` | `on-hold`
 */
export function assertNotForbidden(tenant: Protected, kind: OperationKind, now: Date): void {
  const by = findProtection(kind, tenant, now);
  if (by !== undefined) throw refuseDeletion(by, tenant);
}
