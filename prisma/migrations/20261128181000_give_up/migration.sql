-- A person gives a delivery up that its receiver will never take, so that the next one of its tenant goes: named in the row, and told.
-- compatible: the release before leaves the column empty
ALTER TABLE "WebhookDelivery" ADD COLUMN "givenUpBy" TEXT,
  ADD CONSTRAINT "WebhookDelivery_givenUpBy_check" CHECK ("givenUpBy" IS NULL OR "state" = 'failed');

CREATE FUNCTION "tell_given_up"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET lock_timeout = '20s' AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('freeflow.events', 0));
  INSERT INTO "Event" ("type", "data")
  SELECT 'webhook.delivery-given-up', jsonb_build_object('webhookId', w."id", 'url', w."url", 'deliveryId', NEW."id",
           'eventId', NEW."eventId"::text, 'eventType', NEW."type", 'by', NEW."givenUpBy")
    FROM "Webhook" w WHERE w."id" = NEW."webhookId";
  RETURN NULL;
END
$$;
-- compatible: it fires for what the release before never writes
CREATE CONSTRAINT TRIGGER "WebhookDelivery_event" AFTER UPDATE ON "WebhookDelivery" DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW."givenUpBy" IS NOT NULL AND NEW."givenUpBy" IS DISTINCT FROM OLD."givenUpBy") EXECUTE FUNCTION "tell_given_up"();

-- As before, but that a delivery may be given up that is not being sent, which is told.
-- compatible: it allows more than before, and no less
CREATE OR REPLACE FUNCTION "keep_undelivered"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW."state" = 'failed' AND NEW."givenUpBy" IS NOT NULL AND OLD."givenUpBy" IS NULL
     AND OLD."state" IN ('waiting', 'retrying') AND (NEW."attempt", NEW."firstFailedAt") IS NOT DISTINCT FROM (OLD."attempt", OLD."firstFailedAt") THEN
    RETURN NEW;
  END IF;
  IF NEW."state" <> 'waiting' OR NEW."nextAttemptAt" IS NOT NULL
     OR TG_OP = 'INSERT' AND NEW."eventId" IS NOT NULL
     OR TG_OP = 'UPDATE' AND (OLD."isHead" AND NOT NEW."isHead" OR NEW."round" < OLD."round" OR NEW."attempt" NOT IN (0, OLD."attempt")
                              OR NEW."firstFailedAt" IS NOT NULL AND NEW."firstFailedAt" IS DISTINCT FROM OLD."firstFailedAt") THEN
    RAISE EXCEPTION 'this login may send pings, begin a delivery anew and give it up, no more' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END
$$;
