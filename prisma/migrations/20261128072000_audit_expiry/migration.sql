-- As before, but that it ends at the first row that is to stay: no index is searched by what may be another moment for each row, so where
-- nothing was old enough it read all of the trail.
CREATE OR REPLACE FUNCTION "expire_audit"(p_days integer, p_most integer) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  deleted integer;
  kept_since timestamptz := clock_timestamp() - make_interval(days => p_days);
BEGIN
  IF p_days IS NULL OR p_days < 30 THEN
    RAISE EXCEPTION 'the audit trail is kept for thirty days at least' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM set_config('freeflow.expires_audit', 'on', true);
  DELETE FROM "AuditEvent" WHERE id IN (
    SELECT id FROM "AuditEvent" WHERE "at" < kept_since ORDER BY "at", id LIMIT p_most);
  GET DIAGNOSTICS deleted = ROW_COUNT;
  PERFORM set_config('freeflow.expires_audit', 'off', true);
  RETURN deleted;
END
$$;
