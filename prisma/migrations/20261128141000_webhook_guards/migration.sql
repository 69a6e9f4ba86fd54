-- A webhook that is removed is hidden and disabled at once; its rows go bit by bit, however many they are.
ALTER TABLE "Webhook" ADD COLUMN "deletedAt" TIMESTAMPTZ(3),
  ADD CONSTRAINT "Webhook_deleted_check" CHECK ("deletedAt" IS NULL OR "state" = 'disabled');

-- That one is removed, or gets other events, is told, whoever does it and by whatever statement: none falls silent without a trace.
CREATE FUNCTION "tell_webhook_change"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET lock_timeout = '20s' AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('freeflow.events', 0));
  INSERT INTO "Event" ("type", "data")
  SELECT it.type, jsonb_build_object('webhookId', NEW."id", 'url', NEW."url") || it.data
    FROM (VALUES ('webhook.updated', jsonb_build_object('eventTypes', NEW."eventTypes"), NEW."eventTypes" <> OLD."eventTypes"),
                 ('webhook.deleted', jsonb_build_object('by', NEW."disabledBy"), NEW."deletedAt" IS DISTINCT FROM OLD."deletedAt")) it(type, data, holds)
   WHERE it.holds;
  RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER "Webhook_event_change" AFTER UPDATE ON "Webhook" DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW."eventTypes" <> OLD."eventTypes" OR NEW."deletedAt" IS DISTINCT FROM OLD."deletedAt") EXECUTE FUNCTION "tell_webhook_change"();
-- As before, but that removal is told as such alone.
DROP TRIGGER "Webhook_event_update" ON "Webhook";
CREATE CONSTRAINT TRIGGER "Webhook_event_update" AFTER UPDATE ON "Webhook" DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW."state" <> OLD."state" AND NEW."deletedAt" IS NULL) EXECUTE FUNCTION "tell_webhook"();

-- What has been removed stays so.
CREATE FUNCTION "keep_deleted"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'webhook % is removed: it does not come back', OLD."id" USING ERRCODE = 'object_not_in_prerequisite_state';
END
$$;
CREATE TRIGGER "Webhook_keep_deleted" BEFORE UPDATE ON "Webhook"
  FOR EACH ROW WHEN (OLD."deletedAt" IS NOT NULL AND NEW."deletedAt" IS DISTINCT FROM OLD."deletedAt") EXECUTE FUNCTION "keep_deleted"();

-- What rights on columns can't say. They hold for whoever may not read secrets, which is the API, whatever its role is called: it may disable, enable and
-- remove, which is told, and begin a delivery anew. It may not make believe that anything was delivered, nor that there was nothing to deliver, nor put
-- it off.
CREATE FUNCTION "keep_place"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  changed jsonb := (SELECT coalesce(jsonb_object_agg(it.key, it.value), '{}') FROM jsonb_each(to_jsonb(NEW)) it
                     WHERE to_jsonb(OLD) -> it.key IS DISTINCT FROM it.value);
BEGIN
  -- Only over what is kept no longer.
  IF NEW."cursor" < OLD."cursor" OR NEW."skippedEvents" < OLD."skippedEvents"
     OR NEW."cursor" > OLD."cursor" AND (NEW."cursor" > (SELECT max("id") FROM "Event")
                                         OR EXISTS (SELECT FROM "Event" WHERE "id" > OLD."cursor" AND "id" <= NEW."cursor"))
     OR coalesce(changed -> 'failingSince', 'null') <> 'null' OR coalesce(changed -> 'probedAt', 'null') <> 'null' THEN
    RAISE EXCEPTION 'this login may not move a webhook past its events' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "Webhook_keep_place" BEFORE UPDATE ON "Webhook"
  FOR EACH ROW WHEN (NOT has_table_privilege('public."WebhookSecret"', 'SELECT')) EXECUTE FUNCTION "keep_place"();

CREATE FUNCTION "keep_undelivered"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW."state" <> 'waiting' OR NEW."nextAttemptAt" IS NOT NULL
     OR TG_OP = 'INSERT' AND NEW."eventId" IS NOT NULL
     OR TG_OP = 'UPDATE' AND (OLD."isHead" AND NOT NEW."isHead" OR NEW."round" < OLD."round" OR NEW."attempt" NOT IN (0, OLD."attempt")
                              OR NEW."firstFailedAt" IS NOT NULL AND NEW."firstFailedAt" IS DISTINCT FROM OLD."firstFailedAt") THEN
    RAISE EXCEPTION 'this login may send pings and begin a delivery anew, no more' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "WebhookDelivery_keep_undelivered" BEFORE INSERT OR UPDATE ON "WebhookDelivery"
  FOR EACH ROW WHEN (NOT has_table_privilege('public."WebhookSecret"', 'SELECT')) EXECUTE FUNCTION "keep_undelivered"();

-- Deletes so many deliveries of a webhook that is removed, its secret before any, and the webhook with the last of them; tells whether there is more to do.
CREATE FUNCTION "expire_deleted_webhooks"(p_most integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  removed uuid := (SELECT "id" FROM "Webhook" WHERE "deletedAt" IS NOT NULL ORDER BY "deletedAt" LIMIT 1);
  deleted integer;
BEGIN
  IF removed IS NULL THEN
    RETURN false;
  END IF;
  DELETE FROM "WebhookSecret" WHERE "id" IN (SELECT "id" FROM "Webhook" WHERE "deletedAt" IS NOT NULL);
  DELETE FROM "WebhookDelivery" WHERE "id" = ANY (ARRAY(SELECT "id" FROM "WebhookDelivery" WHERE "webhookId" = removed LIMIT p_most));
  GET DIAGNOSTICS deleted = ROW_COUNT;
  IF deleted < p_most THEN
    DELETE FROM "Webhook" WHERE "id" = removed;
  END IF;
  RETURN EXISTS (SELECT FROM "Webhook" WHERE "deletedAt" IS NOT NULL);
END
$$;
REVOKE ALL ON FUNCTION "expire_deleted_webhooks"(integer) FROM PUBLIC;

-- Deletes so many deliveries of disabled webhooks whose event is kept no longer, counted as skipped: they would be given up anyway, and nobody may ever
-- enable it again. The next of each lane takes the place of its first. Tells whether there may be more.
CREATE FUNCTION "expire_undeliverable"(p_most integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  oldest bigint := (SELECT min("id") FROM "Event");
  disabled uuid;
  lanes uuid[];
  isMore boolean := false;
BEGIN
  FOR disabled IN SELECT "id" FROM "Webhook" WHERE "state" = 'disabled' AND "deletedAt" IS NULL FOR NO KEY UPDATE SKIP LOCKED LOOP
    WITH deleted AS (
      DELETE FROM "WebhookDelivery" WHERE "id" = ANY (ARRAY(
        SELECT "id" FROM "WebhookDelivery" WHERE "webhookId" = disabled AND "endedAt" IS NULL AND "state" = 'waiting' AND "eventId" < oldest
         ORDER BY "eventId" LIMIT p_most))
      RETURNING "lane")
    SELECT array_agg("lane") INTO lanes FROM deleted;
    CONTINUE WHEN lanes IS NULL;
    isMore := isMore OR cardinality(lanes) = p_most;
    UPDATE "Webhook" SET "skippedEvents" = "skippedEvents" + cardinality(lanes) WHERE "id" = disabled;
    UPDATE "WebhookDelivery" SET "isHead" = true WHERE "id" = ANY (ARRAY(
      SELECT (SELECT n."id" FROM "WebhookDelivery" n WHERE n."webhookId" = disabled AND n."lane" = l.lane AND n."state" = 'waiting' ORDER BY n."eventId" LIMIT 1)
        FROM (SELECT DISTINCT unnest(lanes) AS lane) l
       WHERE NOT EXISTS (SELECT FROM "WebhookDelivery" h WHERE h."webhookId" = disabled AND h."lane" = l.lane AND h."isHead")));
  END LOOP;
  RETURN isMore;
END
$$;
REVOKE ALL ON FUNCTION "expire_undeliverable"(integer) FROM PUBLIC;
