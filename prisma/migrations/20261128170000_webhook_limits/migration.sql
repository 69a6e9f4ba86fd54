-- A webhook begins at no place below all events: of one that did, more were missed than can be counted, and nothing was handed out to it any more.
-- compatible: no release has ever made such a row, nor does any look at what it was
UPDATE "Webhook" SET "cursor" = greatest("cursor", 0), "skippedEvents" = greatest("skippedEvents", 0) WHERE "cursor" < 0 OR "skippedEvents" < 0;
-- compatible: each release begins a webhook at an event and counts upwards
ALTER TABLE "Webhook" ADD CONSTRAINT "Webhook_place_check" CHECK ("cursor" >= 0 AND "skippedEvents" >= 0);

-- As before, but that it counts no more events than it passes over, and holds also where there is no event.
-- compatible: the API counts what it passes over, no more
CREATE OR REPLACE FUNCTION "keep_place"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  changed jsonb := (SELECT coalesce(jsonb_object_agg(it.key, it.value), '{}') FROM jsonb_each(to_jsonb(NEW)) it
                     WHERE to_jsonb(OLD) -> it.key IS DISTINCT FROM it.value);
BEGIN
  -- Only over what is kept no longer.
  IF NEW."cursor" < OLD."cursor" OR NEW."skippedEvents" < OLD."skippedEvents"
     OR NEW."skippedEvents" - OLD."skippedEvents" > NEW."cursor" - OLD."cursor"
     OR NEW."cursor" > OLD."cursor" AND (NEW."cursor" > (SELECT coalesce(max("id"), 0) FROM "Event")
                                         OR EXISTS (SELECT FROM "Event" WHERE "id" > OLD."cursor" AND "id" <= NEW."cursor"))
     OR coalesce(changed -> 'failingSince', 'null') <> 'null' OR coalesce(changed -> 'probedAt', 'null') <> 'null' THEN
    RAISE EXCEPTION 'this login may not move a webhook past its events' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END
$$;

-- The same of one that is made: it begins at an event that there is, with nothing missed and nothing failed.
CREATE FUNCTION "keep_beginning"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW."cursor" NOT BETWEEN (SELECT coalesce(min("id") - 1, 0) FROM "Event") AND (SELECT coalesce(max("id"), 0) FROM "Event")
     OR NEW."skippedEvents" <> 0 OR NEW."failures" <> 0 OR NEW."failingSince" IS NOT NULL OR NEW."probedAt" IS NOT NULL THEN
    RAISE EXCEPTION 'this login may make webhooks that begin now' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END
$$;
-- compatible: the API makes webhooks that begin at the newest event, and nothing else of them
CREATE TRIGGER "Webhook_keep_beginning" BEFORE INSERT ON "Webhook"
  FOR EACH ROW WHEN (NOT has_table_privilege('public."WebhookSecret"', 'SELECT')) EXECUTE FUNCTION "keep_beginning"();

-- A ping has a lane of its own: in a tenant's, events would wait for it. Of a round that can't be counted on from, nothing could be begun.
CREATE FUNCTION "keep_ping"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW."lane" <> NEW."id" OR NEW."round" <> 0 OR NEW."attempt" <> 0 OR NEW."attempts" <> '[]' OR NEW."lastFailedAt" IS NOT NULL THEN
    RAISE EXCEPTION 'this login may send pings that are new, in lanes of their own' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END
$$;
-- compatible: the API sends pings in lanes of their own
CREATE TRIGGER "WebhookDelivery_keep_ping" BEFORE INSERT ON "WebhookDelivery"
  FOR EACH ROW WHEN (NOT has_table_privilege('public."WebhookSecret"', 'SELECT')) EXECUTE FUNCTION "keep_ping"();

-- As before, but that what can't be counted any more fails nothing: of one webhook it would for all.
-- compatible: it does what it did, where that did not fail
CREATE OR REPLACE FUNCTION "expire_undeliverable"(p_most integer) RETURNS boolean
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
    UPDATE "Webhook" SET "skippedEvents" = least(2147483647, "skippedEvents"::bigint + cardinality(lanes)) WHERE "id" = disabled;
    UPDATE "WebhookDelivery" SET "isHead" = true WHERE "id" = ANY (ARRAY(
      SELECT (SELECT n."id" FROM "WebhookDelivery" n WHERE n."webhookId" = disabled AND n."lane" = l.lane AND n."state" = 'waiting' ORDER BY n."eventId" LIMIT 1)
        FROM (SELECT DISTINCT unnest(lanes) AS lane) l
       WHERE NOT EXISTS (SELECT FROM "WebhookDelivery" h WHERE h."webhookId" = disabled AND h."lane" = l.lane AND h."isHead")));
  END LOOP;
  RETURN isMore;
END
$$;
