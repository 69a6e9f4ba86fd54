-- When a row was changed this database's clock says: the clocks of processes differ, and jump.
CREATE FUNCTION "set_updated_at"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW."updatedAt" := clock_timestamp();
  RETURN NEW;
END
$$;

-- A time given explicitly stays. To number a log row (logSeq) or to look for a run (sweepAt) changes nothing of the tenant or the
-- operation: an operation counts as stale by the time of its last change.
CREATE TRIGGER "Tenant_updatedAt" BEFORE UPDATE ON "Tenant" FOR EACH ROW
  WHEN (NEW."updatedAt" = OLD."updatedAt" AND NEW."logSeq" = OLD."logSeq") EXECUTE FUNCTION "set_updated_at"();
CREATE TRIGGER "TenantOperation_updatedAt" BEFORE UPDATE ON "TenantOperation" FOR EACH ROW
  WHEN (NEW."updatedAt" = OLD."updatedAt" AND NEW."sweepAt" IS NOT DISTINCT FROM OLD."sweepAt") EXECUTE FUNCTION "set_updated_at"();
CREATE TRIGGER "TenantResource_updatedAt" BEFORE UPDATE ON "TenantResource" FOR EACH ROW
  WHEN (NEW."updatedAt" = OLD."updatedAt") EXECUTE FUNCTION "set_updated_at"();
CREATE TRIGGER "TenantConnection_updatedAt" BEFORE UPDATE ON "TenantConnection" FOR EACH ROW
  WHEN (NEW."updatedAt" = OLD."updatedAt") EXECUTE FUNCTION "set_updated_at"();
