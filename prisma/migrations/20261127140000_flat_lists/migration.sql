-- What lists and housekeeping read is found by an index, however many tenants there are and ever were.

-- How the tenant's last operation has ended, and the step it names: a list by them would else look at every tenant's operations.
ALTER TABLE "Tenant" ADD COLUMN "outcome" "OperationState", ADD COLUMN "outcomeStep" TEXT;

-- Kept by the database, whoever writes an operation. In the rights of its owner: the API, which records a request with nothing to do,
-- changes no tenant.
CREATE FUNCTION "keep_outcome"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE "Tenant" t SET "outcome" = l."state", "outcomeStep" = l."step"
    FROM (SELECT "state", "step" FROM "TenantOperation"
           WHERE "tenantId" = NEW."tenantId" AND "endedAt" IS NOT NULL AND "kind" <> 'adopt'
           ORDER BY "endedAt" DESC, "createdAt" DESC LIMIT 1) l
   WHERE t."id" = NEW."tenantId" AND (t."outcome", t."outcomeStep") IS DISTINCT FROM (l."state", l."step");
  RETURN NULL;
END
$$;
CREATE TRIGGER "TenantOperation_outcome" AFTER INSERT OR UPDATE OF "state", "step", "endedAt" ON "TenantOperation" FOR EACH ROW
  WHEN (NEW."endedAt" IS NOT NULL AND NEW."kind" <> 'adopt') EXECUTE FUNCTION "keep_outcome"();

-- It changes nothing of the tenant.
DROP TRIGGER "Tenant_updatedAt" ON "Tenant";
CREATE TRIGGER "Tenant_updatedAt" BEFORE UPDATE ON "Tenant" FOR EACH ROW
  WHEN (NEW."updatedAt" = OLD."updatedAt" AND NEW."logSeq" = OLD."logSeq"
    AND NEW."outcome" IS NOT DISTINCT FROM OLD."outcome" AND NEW."outcomeStep" IS NOT DISTINCT FROM OLD."outcomeStep")
  EXECUTE FUNCTION "set_updated_at"();

UPDATE "Tenant" t SET "outcome" = l."state", "outcomeStep" = l."step"
  FROM (SELECT DISTINCT ON ("tenantId") "tenantId", "state", "step" FROM "TenantOperation"
         WHERE "endedAt" IS NOT NULL AND "kind" <> 'adopt'
         ORDER BY "tenantId", "endedAt" DESC, "createdAt" DESC) l
 WHERE t."id" = l."tenantId";

-- The pages of the list, newest first: of the tenants that live, and of all.
CREATE INDEX "Tenant_live_createdAt_idx" ON "Tenant"("createdAt", "id") WHERE "goneAt" IS NULL;
CREATE INDEX "Tenant_live_status_idx" ON "Tenant"("status", "createdAt", "id") WHERE "goneAt" IS NULL;
CREATE INDEX "Tenant_live_status_outcome_idx" ON "Tenant"("status", "outcome", "createdAt", "id") WHERE "goneAt" IS NULL;
CREATE INDEX "Tenant_live_outcome_idx" ON "Tenant"("outcome", "createdAt", "id") WHERE "goneAt" IS NULL;
CREATE INDEX "Tenant_live_outcomeStep_idx" ON "Tenant"("outcomeStep", "createdAt", "id") WHERE "goneAt" IS NULL AND "outcomeStep" IS NOT NULL;
CREATE INDEX "Tenant_status_createdAt_id_idx" ON "Tenant"("status", "createdAt", "id");
CREATE INDEX "Tenant_outcome_createdAt_id_idx" ON "Tenant"("outcome", "createdAt", "id");
CREATE INDEX "Tenant_outcomeStep_idx" ON "Tenant"("outcomeStep", "createdAt", "id") WHERE "outcomeStep" IS NOT NULL;
CREATE INDEX "Tenant_name_createdAt_id_idx" ON "Tenant"("name", "createdAt", "id");

-- The order in which the reconciler goes through the open operations.
CREATE INDEX "TenantOperation_open_id_idx" ON "TenantOperation"("id") WHERE "endedAt" IS NULL;

-- Whether a server is one that the ledger knows.
CREATE INDEX "TenantResource_kind_serverId_idx" ON "TenantResource"("kind", "serverId");
