-- As before, but that an event stays until the one after it is a day old, not only until there is one. It may have been the newest for longer than events
-- are kept: then all readers are at it, and one that does not find its place concludes that the database has lost its latest events.
-- compatible: called as before, it deletes one event less
CREATE OR REPLACE FUNCTION "expire_events"(p_days integer, p_most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  deleted integer;
  -- The first event that an enabled webhook has not got.
  undelivered bigint := (
    SELECT min(least(w."cursor" + 1, (SELECT min(d."eventId") FROM "WebhookDelivery" d WHERE d."webhookId" = w."id" AND d."endedAt" IS NULL)))
      FROM "Webhook" w WHERE w."state" = 'enabled');
BEGIN
  IF p_days IS NULL OR p_days < 1 THEN
    RAISE EXCEPTION 'events are kept for a day at least' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM set_config('freeflow.expires_events', 'on', true);
  DELETE FROM "Event" e
   USING (SELECT "id", "at", lead("at") OVER (ORDER BY "id") AS "nextAt"
            FROM (SELECT "id", "at" FROM "Event" ORDER BY "id" LIMIT p_most + 1) page) oldest
   WHERE e."id" = oldest."id" AND oldest."at" < clock_timestamp() - make_interval(days => p_days)
     AND (undelivered IS NULL OR e."id" < undelivered OR oldest."at" < clock_timestamp() - make_interval(days => 2 * p_days))
     AND oldest."nextAt" < clock_timestamp() - interval '1 day';
  GET DIAGNOSTICS deleted = ROW_COUNT;
  PERFORM set_config('freeflow.expires_events', 'off', true);
  RETURN deleted;
END
$$;
