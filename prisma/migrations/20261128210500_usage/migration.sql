-- How much of its plan a tenant uses, as it was measured last: one row for each backend.
CREATE TABLE "TenantUsage" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "tenantId" UUID NOT NULL,
    "kind" "BackendKind" NOT NULL,
    "measures" JSONB NOT NULL,
    "limits" JSONB NOT NULL DEFAULT '{}',
    "levels" JSONB NOT NULL DEFAULT '{}',
    "plan" TEXT,
    "percent" INTEGER,
    "measuredAt" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT "TenantUsage_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "TenantUsage_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "TenantUsage_tenantId_kind_key" ON "TenantUsage"("tenantId", "kind");
-- What is near its limits: few, also beside many tenants.
CREATE INDEX "TenantUsage_percent_idx" ON "TenantUsage"("percent" DESC, "tenantId", "kind") WHERE "percent" >= 80;

-- Tells that a measure has come to a level of its limit, once: again after it has been below.
CREATE FUNCTION "tell_usage"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  reached record;
  before jsonb := CASE TG_OP WHEN 'INSERT' THEN '{}' ELSE OLD."levels" END;
BEGIN
  FOR reached IN
    SELECT level.key AS measure, level.value::int AS percent FROM jsonb_each_text(NEW."levels") level
     WHERE level.value::int > coalesce((before ->> level.key)::int, 0) ORDER BY level.key
  LOOP
    PERFORM "add_event"('tenant.usage-reached', NEW."tenantId", NULL, jsonb_build_object('backend', NEW."kind", 'measure', reached.measure,
      'percent', reached.percent, 'value', NEW."measures" -> reached.measure, 'limit', NEW."limits" -> reached.measure, 'plan', NEW."plan"));
  END LOOP;
  RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION "tell_usage"() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER "TenantUsage_event_insert" AFTER INSERT ON "TenantUsage" DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW."levels" <> '{}') EXECUTE FUNCTION "tell_usage"();
CREATE CONSTRAINT TRIGGER "TenantUsage_event_update" AFTER UPDATE ON "TenantUsage" DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW."levels" IS DISTINCT FROM OLD."levels") EXECUTE FUNCTION "tell_usage"();
