-- What `freeflow secrets` does to all secrets has the outcomes that other rows have: begun, and then done, failed, or neither where it was cut off;
-- refused where nothing was begun.
-- compatible: it allows more than before, and no less
CREATE OR REPLACE FUNCTION "guard_audit"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  is_answer boolean := NEW."action" LIKE 'answers.%';
  is_of_all boolean := NEW."channel" = 'command' AND NEW."action" IN ('secrets.rekey', 'secrets.move');
BEGIN
  IF pg_has_role((SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN
    RETURN NEW;
  END IF;
  NEW."at" := clock_timestamp();
  -- Only who reads secrets records that something took effect, and nothing else but how it went that all were sealed anew or moved; the API does not.
  IF has_table_privilege('public."TenantSecret"', 'SELECT') <> (NEW."outcome" = 'done' OR is_of_all AND NEW."outcome" <> 'accepted')
     OR (NEW."channel" = 'api') AND NEW."outcome" = 'done' AND NOT is_answer
     OR (NEW."channel" = 'temporal') AND NOT is_answer
     OR (NEW."channel" IN ('command', 'library')) AND (is_answer OR NEW."outcome" <> 'done' AND NOT is_of_all) THEN
    RAISE EXCEPTION 'the audit trail has no row %/% by the channel % of this role', NEW."action", NEW."outcome", NEW."channel"
      USING ERRCODE = 'insufficient_privilege';
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
