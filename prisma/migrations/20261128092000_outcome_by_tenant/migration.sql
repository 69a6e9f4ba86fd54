-- As before, but that the operations of the tenant are looked up first, then put in order. The index of what has ended gives the same order among
-- those of all tenants, and where statistics are old the planner would read it back to the last one of this tenant: past all that ended since.
CREATE OR REPLACE FUNCTION "keep_outcome"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  WITH own AS MATERIALIZED (
    SELECT "state", "step", "endedAt", "createdAt" FROM "TenantOperation"
     WHERE "tenantId" = NEW."tenantId" AND "endedAt" IS NOT NULL AND "kind" <> 'adopt')
  UPDATE "Tenant" t SET "outcome" = l."state", "outcomeStep" = l."step"
    FROM (SELECT "state", "step" FROM own ORDER BY "endedAt" DESC, "createdAt" DESC LIMIT 1) l
   WHERE t."id" = NEW."tenantId" AND (t."outcome", t."outcomeStep") IS DISTINCT FROM (l."state", l."step");
  RETURN NULL;
END
$$;
