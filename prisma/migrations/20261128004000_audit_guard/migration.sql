-- Whether a request of the API by this actor had begun an answer to this operation, and no other answer stands for it yet. In the rights of its owner: the
-- worker, which records answers, reads nothing of the trail.
CREATE FUNCTION "was_answer_begun"(p_id uuid, p_request_id text, p_operation_id uuid, p_actor text, p_action text) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT (SELECT count(*) FROM "AuditEvent"
           WHERE "requestId" = p_request_id AND "outcome" = 'begun' AND "actor" = p_actor
             AND ("action" = replace(p_action, 'answers.', 'tenants.') AND "operationId" = p_operation_id
                  OR "action" = 'tenants.retry-all' AND p_action = 'answers.retry'))
       > (SELECT count(*) FROM "AuditEvent"
           WHERE "requestId" = p_request_id AND "outcome" = 'done' AND "operationId" = p_operation_id AND "id" <> p_id)
$$;
REVOKE ALL ON FUNCTION "was_answer_begun"(uuid, text, uuid, text, text) FROM PUBLIC;
CREATE INDEX "AuditEvent_requestId_idx" ON "AuditEvent"("requestId") WHERE "outcome" IN ('begun', 'done');

-- No row says of itself when it was written, nor which door it came by, beyond what its writer can know. The owner, who restores rows, may say both.
CREATE FUNCTION "guard_audit"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  is_answer boolean := NEW."action" LIKE 'answers.%';
BEGIN
  IF pg_has_role((SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN
    RETURN NEW;
  END IF;
  NEW."at" := clock_timestamp();
  -- Only who reads secrets records that something took effect, and nothing else; the API does not.
  IF has_table_privilege('public."TenantSecret"', 'SELECT') <> (NEW."outcome" = 'done')
     OR (NEW."door" = 'api') AND NEW."outcome" = 'done' AND NOT is_answer
     OR (NEW."door" = 'temporal') AND NOT is_answer
     OR (NEW."door" IN ('command', 'library')) AND (is_answer OR NEW."outcome" <> 'done') THEN
    RAISE EXCEPTION 'the audit trail has no row %/% by the door % of this role', NEW."action", NEW."outcome", NEW."door"
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NOT is_answer THEN
    RETURN NEW;
  END IF;
  IF NEW."door" = 'api' AND was_answer_begun(NEW."id", NEW."requestId", NEW."operationId", NEW."actor", NEW."action") THEN
    RETURN NEW;
  END IF;
  -- Whoever reaches Temporal can name any request and any actor.
  NEW."detail" := coalesce(NEW."detail", '{}')
    || jsonb_strip_nulls(jsonb_build_object('claimedBy', nullif(NEW."actor", 'temporal'), 'claimedRequestId', NEW."requestId"));
  NEW."door" := 'temporal';
  NEW."actor" := 'temporal';
  NEW."requestId" := NULL;
  RETURN NEW;
END
$$;
CREATE TRIGGER "AuditEvent_guard" BEFORE INSERT ON "AuditEvent" FOR EACH ROW EXECUTE FUNCTION "guard_audit"();
