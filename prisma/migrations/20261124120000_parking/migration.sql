-- Parking, answers and forced deletions.

-- Whether the operation is on its way back: a parked one may be parked at either.
ALTER TABLE "TenantOperation" ADD COLUMN "undoing" BOOLEAN NOT NULL DEFAULT false;

-- A forced deletion is accepted beside the operation that it interrupts.
DROP INDEX "TenantOperation_tenantId_open_key";
CREATE UNIQUE INDEX "TenantOperation_tenantId_open_key" ON "TenantOperation"("tenantId")
  WHERE "state" IN ('requested', 'running', 'parked', 'undoing') AND NOT ("kind" = 'hard_delete' AND "force");
CREATE UNIQUE INDEX "TenantOperation_tenantId_forced_key" ON "TenantOperation"("tenantId")
  WHERE "state" IN ('requested', 'running', 'parked', 'undoing') AND "kind" = 'hard_delete' AND "force";
