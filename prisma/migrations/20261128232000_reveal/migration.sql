-- Whether the API has just written down that this actor asks for the credentials of this tenant, sealed to this key. In the rights of its owner: the worker,
-- which reads them for nobody else, reads nothing of the trail. Whoever reaches Temporal alone can name any request, but write no row of the API.
CREATE FUNCTION "was_reveal_begun"(p_request_id text, p_tenant_id uuid, p_actor text, p_key text) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM "AuditEvent"
                  WHERE "requestId" = p_request_id AND "outcome" = 'begun' AND "action" = 'tenants.reveal' AND "channel" = 'api'
                    AND "actor" = p_actor AND "tenantId" = p_tenant_id AND "detail"->>'key' = p_key
                    AND "at" > clock_timestamp() - interval '1 minute')
$$;
REVOKE ALL ON FUNCTION "was_reveal_begun"(text, uuid, text, text) FROM PUBLIC;

-- A worker that has read credentials for whoever asked the API says so itself, where the API has said so before.
-- compatible: it allows one row more than before, and no less
CREATE OR REPLACE FUNCTION "guard_audit"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  is_answer boolean := NEW."action" LIKE 'answers.%';
  is_of_all boolean := NEW."channel" = 'command' AND NEW."action" IN ('secrets.rekey', 'secrets.move');
  is_reveal boolean := NEW."channel" = 'api' AND NEW."action" = 'secrets.reveal';
BEGIN
  IF pg_has_role((SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN
    RETURN NEW;
  END IF;
  NEW."at" := clock_timestamp();
  -- Only who reads secrets records that something took effect, and nothing else but how it went that all were sealed anew or moved; the API does not.
  IF has_table_privilege('public."TenantSecret"', 'SELECT') <> (NEW."outcome" = 'done' OR is_of_all AND NEW."outcome" <> 'accepted')
     OR (NEW."channel" = 'api') AND NEW."outcome" = 'done' AND NOT is_answer AND NOT is_reveal
     OR (NEW."channel" = 'temporal') AND NOT is_answer
     OR (NEW."channel" IN ('command', 'library')) AND (is_answer OR NEW."outcome" <> 'done' AND NOT is_of_all) THEN
    RAISE EXCEPTION 'the audit trail has no row %/% by the channel % of this role', NEW."action", NEW."outcome", NEW."channel"
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  -- Apart: who may not call the function may not come to an expression with it.
  IF is_reveal THEN
    IF NOT was_reveal_begun(NEW."requestId", NEW."tenantId", NEW."actor", NEW."detail"->>'key') THEN
      RAISE EXCEPTION 'nobody has asked the API for these credentials' USING ERRCODE = 'insufficient_privilege';
    END IF;
  END IF;
  IF NOT is_answer THEN
    RETURN NEW;
  END IF;
  IF NEW."channel" = 'api' AND was_answer_begun(NEW."id", NEW."requestId", NEW."operationId", NEW."actor", NEW."action") THEN
    RETURN NEW;
  END IF;
  -- Whoever reaches Temporal can name any request and any actor.
  NEW."detail" := coalesce(NEW."detail", '{}')
    || jsonb_strip_nulls(jsonb_build_object('claimedBy', nullif(NEW."actor", 'temporal'), 'claimedRequestId', NEW."requestId"));
  NEW."channel" := 'temporal';
  NEW."actor" := 'temporal';
  NEW."requestId" := NULL;
  RETURN NEW;
END
$$;
