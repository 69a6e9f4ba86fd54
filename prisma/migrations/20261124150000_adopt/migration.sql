-- Adoption: what carries the tenant's mark has another id, or stands on another server, since its server was restored.

ALTER TYPE "OperationKind" ADD VALUE 'adopt';

-- What is adopted, and whether another server than the recorded one is taken as well.
ALTER TABLE "TenantOperation" ADD COLUMN "resource" "BackendKind";
ALTER TABLE "TenantOperation" ADD COLUMN "acceptServer" BOOLEAN NOT NULL DEFAULT false;

-- As text: a transaction can't use a value that it has just added to an enum.
ALTER TABLE "TenantOperation" ADD CONSTRAINT "TenantOperation_resource_check" CHECK (("kind"::text = 'adopt') = ("resource" IS NOT NULL));

-- An adoption is accepted beside the operation that waits for it; one at a time for each thing.
DROP INDEX "TenantOperation_tenantId_open_key";
CREATE UNIQUE INDEX "TenantOperation_tenantId_open_key" ON "TenantOperation"("tenantId")
  WHERE "state" IN ('requested', 'running', 'parked', 'undoing') AND NOT ("kind" = 'hard_delete' AND "force") AND "resource" IS NULL;
CREATE UNIQUE INDEX "TenantOperation_tenantId_adopt_key" ON "TenantOperation"("tenantId", "resource")
  WHERE "state" IN ('requested', 'running', 'parked', 'undoing') AND "resource" IS NOT NULL;
