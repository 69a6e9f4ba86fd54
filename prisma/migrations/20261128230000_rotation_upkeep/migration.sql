-- Whatever cuts a tenant off is accepted beside its rotation, or what ends one, and interrupts that. Two of each there still are never.
-- compatible: the index that it replaces refuses no less.
CREATE UNIQUE INDEX "TenantOperation_tenantId_cutting_key" ON "TenantOperation"("tenantId")
  WHERE "state" IN ('requested', 'running', 'parked', 'undoing') AND NOT ("kind" = 'hard_delete' AND "force") AND "backend" IS NULL
    AND "kind" NOT IN ('rotate', 'retire');
-- compatible: as above, it refuses what that one did.
CREATE UNIQUE INDEX "TenantOperation_tenantId_other_key" ON "TenantOperation"("tenantId")
  WHERE "state" IN ('requested', 'running', 'parked', 'undoing') AND NOT ("kind" = 'hard_delete' AND "force") AND "backend" IS NULL
    AND "kind" NOT IN ('suspend', 'soft_delete');
-- compatible: together they refuse all that it does, but for what the previous release's API itself refuses before.
DROP INDEX "TenantOperation_tenantId_open_key";

-- The highest version of a credential that there ever was: none is used twice, also where it was withdrawn. What a
-- worker of the previous release makes is above it, and counts as well.
ALTER TABLE "TenantResource" ADD COLUMN "lastCredential" INTEGER NOT NULL DEFAULT 1;

-- What on-call has skipped is ended later: not valid for longer, but not tried again before.
ALTER TABLE "TenantResource" ADD COLUMN "retireAfter" TIMESTAMPTZ(3);
-- When a schedule has tried to replace a credential that is due: those of which none has yet come before.
ALTER TABLE "TenantResource" ADD COLUMN "rotationTriedAt" TIMESTAMPTZ(3);

-- What a sweep looks for, without those of tenants that are cut off.
CREATE INDEX "TenantResource_retire_idx" ON "TenantResource"((greatest("overlapUntil", "retireAfter")))
  WHERE "overlapUntil" IS NOT NULL AND "state" = 'present';
CREATE INDEX "TenantResource_rotate_idx" ON "TenantResource"((coalesce("rotatedAt", "createdAt")))
  WHERE "rotationTriedAt" IS NULL AND "state" = 'present';
CREATE INDEX "TenantResource_rotate_again_idx" ON "TenantResource"("rotationTriedAt")
  WHERE "rotationTriedAt" IS NOT NULL AND "state" = 'present';
