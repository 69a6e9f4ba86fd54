-- Suspension, retention and proofs of deletion.

-- A hard delete that the retention time asks for.
ALTER TYPE "OperationKind" ADD VALUE 'purge';

-- The tenant's status before the operation: what a soft-deleted tenant is restored to.
ALTER TABLE "TenantOperation" ADD COLUMN "fromStatus" "TenantStatus";

-- What was read back from the servers after a hard delete.
ALTER TABLE "TenantOperation" ADD COLUMN "evidence" JSONB;
ALTER TABLE "TenantResource" ADD COLUMN "evidence" JSONB;

-- What the retention time is over for.
CREATE INDEX "Tenant_purgeAt_idx" ON "Tenant"("purgeAt") WHERE "purgeAt" IS NOT NULL AND "goneAt" IS NULL;
