-- Who a tenant is to people and other systems, and what keeps it from being deleted.
ALTER TABLE "Tenant"
  ADD COLUMN "displayName" TEXT,
  ADD COLUMN "externalId" TEXT,
  ADD COLUMN "labels" JSONB NOT NULL DEFAULT '{}',
  ADD COLUMN "deletionProtected" BOOLEAN NOT NULL DEFAULT false,
  ADD COLUMN "holdReason" TEXT;

-- Whoever writes them: the list compares external ids letter by letter, and shows labels as text.
ALTER TABLE "Tenant" ADD CONSTRAINT "Tenant_externalId_check" CHECK ("externalId" ~ '^[!-~]{1,200}$');
ALTER TABLE "Tenant" ADD CONSTRAINT "Tenant_labels_check"
  CHECK (jsonb_typeof("labels") = 'object' AND NOT jsonb_path_exists("labels", 'strict $.* ? (@.type() != "string")', '{}', true));
-- A reason is that of a hold; older holds have none.
ALTER TABLE "Tenant" ADD CONSTRAINT "Tenant_holdReason_check" CHECK ("holdReason" IS NULL OR "holdUntil" IS NOT NULL);

-- An external id is taken while its tenant lives, like a name. Those that are gone are found by the other one.
CREATE UNIQUE INDEX "Tenant_externalId_live_key" ON "Tenant"("externalId") WHERE "goneAt" IS NULL;
CREATE INDEX "Tenant_externalId_idx" ON "Tenant"("externalId", "createdAt", "id") WHERE "externalId" IS NOT NULL;

-- Labels that few tenants have; those that many have are met soon in the order of the list. A tenant without labels costs nothing here.
CREATE INDEX "Tenant_live_labels_idx" ON "Tenant" USING gin ("labels" jsonb_path_ops) WHERE "goneAt" IS NULL AND "labels" <> '{}';
CREATE INDEX "Tenant_labels_idx" ON "Tenant" USING gin ("labels" jsonb_path_ops) WHERE "labels" <> '{}';
-- Which of the two ways is the shorter one the planner judges by a sample of the labels there are: a hundred would miss what one in a hundred has.
ALTER TABLE "Tenant" ALTER COLUMN "labels" SET STATISTICS 1000;

-- When a purge is due, regardless of how many wait for the end of a hold, or are protected.
CREATE INDEX "Tenant_purge_due_idx" ON "Tenant"(GREATEST("purgeAt", "holdUntil"))
  WHERE "purgeAt" IS NOT NULL AND "goneAt" IS NULL AND NOT "deletionProtected";
DROP INDEX "Tenant_purgeAt_idx";
ANALYZE "Tenant";
