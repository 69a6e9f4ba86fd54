-- The audit trail: who did what, from where, and who was refused. It belongs to no tenant's row: it stays when that is gone, and has the name copied.
CREATE TABLE "AuditEvent" (
    "id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "actor" TEXT,
    "actorName" TEXT,
    "door" TEXT NOT NULL,
    "address" TEXT,
    "userAgent" TEXT,
    "action" TEXT NOT NULL,
    "tenantId" UUID,
    "tenantName" TEXT,
    "operationId" UUID,
    "outcome" TEXT NOT NULL,
    "status" INTEGER,
    "code" TEXT,
    "requestId" TEXT,
    "detail" JSONB,
    "count" INTEGER NOT NULL DEFAULT 1,
    "windowSeconds" INTEGER,
    CONSTRAINT "AuditEvent_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "AuditEvent_door_check" CHECK ("door" IN ('api', 'temporal', 'command', 'library')),
    CONSTRAINT "AuditEvent_outcome_check" CHECK ("outcome" IN ('begun', 'accepted', 'refused', 'failed', 'done')),
    CONSTRAINT "AuditEvent_count_check" CHECK ("count" >= 1)
);

-- Newest first, by whatever it is filtered. A tenant's rows are few: with a tenant, no other filter needs an index.
CREATE INDEX "AuditEvent_at_id_idx" ON "AuditEvent"("at", "id");
CREATE INDEX "AuditEvent_tenantId_at_id_idx" ON "AuditEvent"("tenantId", "at", "id");
CREATE INDEX "AuditEvent_tenantName_at_id_idx" ON "AuditEvent"("tenantName", "at", "id");
CREATE INDEX "AuditEvent_actor_at_id_idx" ON "AuditEvent"("actor", "at", "id");
CREATE INDEX "AuditEvent_action_at_id_idx" ON "AuditEvent"("action", "at", "id");
CREATE INDEX "AuditEvent_actor_action_at_id_idx" ON "AuditEvent"("actor", "action", "at", "id");

-- Nobody changes a row, the owner by mistake included. Rows go by the function below alone, and not before thirty days.
CREATE FUNCTION "keep_audit"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_setting('freeflow.expires_audit', true) = 'on' AND OLD."at" < clock_timestamp() - interval '30 days' THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'the audit trail is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER "AuditEvent_keep" BEFORE UPDATE OR DELETE ON "AuditEvent" FOR EACH ROW EXECUTE FUNCTION "keep_audit"();
CREATE TRIGGER "AuditEvent_keep_all" BEFORE TRUNCATE ON "AuditEvent" FOR EACH STATEMENT EXECUTE FUNCTION "keep_audit"();

-- Deletes the oldest rows that are older than so many days, a batch at a time; returns how many. In the rights of its owner: nobody else may
-- delete any. Not what is younger than thirty days, whatever its caller, who may have been taken over, wants.
CREATE FUNCTION "expire_audit"(p_days integer, p_most integer) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  deleted integer;
BEGIN
  IF p_days IS NULL OR p_days < 30 THEN
    RAISE EXCEPTION 'the audit trail is kept for thirty days at least' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM set_config('freeflow.expires_audit', 'on', true);
  DELETE FROM "AuditEvent" WHERE id IN (
    SELECT id FROM "AuditEvent" WHERE "at" < clock_timestamp() - make_interval(days => p_days) ORDER BY "at", id LIMIT p_most);
  GET DIAGNOSTICS deleted = ROW_COUNT;
  PERFORM set_config('freeflow.expires_audit', 'off', true);
  RETURN deleted;
END
$$;
REVOKE ALL ON FUNCTION "expire_audit"(integer, integer) FROM PUBLIC;
