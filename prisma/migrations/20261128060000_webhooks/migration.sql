-- An event may be about a webhook: then it is of no tenant.
ALTER TABLE "Event" ALTER COLUMN "tenantId" DROP NOT NULL, ALTER COLUMN "tenantName" DROP NOT NULL,
  ADD CONSTRAINT "Event_subject_check" CHECK (("tenantId" IS NULL) = ("type" LIKE 'webhook.%') AND ("tenantId" IS NULL) = ("tenantName" IS NULL));

-- What seals secrets for the worker alone: the public halves of its keys. The API, which has none of them, seals and can't open.
CREATE TABLE "SealingKey" (
    "id" TEXT NOT NULL,
    "publicKey" BYTEA NOT NULL,
    "publishedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT "SealingKey_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "Webhook" (
    "id" UUID NOT NULL,
    "url" TEXT NOT NULL,
    "eventTypes" TEXT[] NOT NULL,
    "description" TEXT,
    "state" TEXT NOT NULL DEFAULT 'enabled',
    "disabledAt" TIMESTAMPTZ(3),
    "disabledReason" TEXT,
    "disabledBy" TEXT,
    "failingSince" TIMESTAMPTZ(3),
    "cursor" BIGINT NOT NULL,
    "skippedEvents" INTEGER NOT NULL DEFAULT 0,
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT "Webhook_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "Webhook_state_check" CHECK ("state" IN ('enabled', 'disabled')),
    CONSTRAINT "Webhook_disabled_check" CHECK (("state" = 'disabled') = ("disabledAt" IS NOT NULL) AND ("state" = 'disabled') = ("disabledReason" IS NOT NULL)),
    CONSTRAINT "Webhook_reason_check" CHECK ("disabledReason" IN ('person', 'failing', 'gone'))
);

-- Apart from the webhook: the API may write it, and read it no more than any other secret.
CREATE TABLE "WebhookSecret" (
    "id" UUID NOT NULL,
    "keyId" TEXT NOT NULL,
    "sealed" BYTEA NOT NULL,
    CONSTRAINT "WebhookSecret_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "WebhookSecret_id_fkey" FOREIGN KEY ("id") REFERENCES "Webhook"("id") ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE "WebhookDelivery" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "webhookId" UUID NOT NULL,
    "eventId" BIGINT,
    "type" TEXT NOT NULL,
    "eventAt" TIMESTAMPTZ(3) NOT NULL,
    "tenantId" UUID,
    "tenantName" TEXT,
    "lane" UUID NOT NULL,
    "isHead" BOOLEAN NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'waiting',
    "round" INTEGER NOT NULL DEFAULT 1,
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "attempts" JSONB NOT NULL DEFAULT '[]',
    "firstFailedAt" TIMESTAMPTZ(3),
    "nextAttemptAt" TIMESTAMPTZ(3),
    "checkAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "endedAt" TIMESTAMPTZ(3),
    CONSTRAINT "WebhookDelivery_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "WebhookDelivery_webhookId_fkey" FOREIGN KEY ("webhookId") REFERENCES "Webhook"("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "WebhookDelivery_state_check" CHECK ("state" IN ('waiting', 'sending', 'retrying', 'delivered', 'failed')),
    CONSTRAINT "WebhookDelivery_ended_check" CHECK (("state" IN ('delivered', 'failed')) = ("endedAt" IS NOT NULL)),
    -- Only the first of a lane is under way: the order of a tenant's events.
    CONSTRAINT "WebhookDelivery_head_check" CHECK (CASE WHEN "isHead" THEN "endedAt" IS NULL ELSE "state" NOT IN ('sending', 'retrying') END)
);
-- An event is delivered to a webhook by one row, however often it is handed out.
CREATE UNIQUE INDEX "WebhookDelivery_webhookId_eventId_key" ON "WebhookDelivery"("webhookId", "eventId");
CREATE UNIQUE INDEX "WebhookDelivery_head_key" ON "WebhookDelivery"("webhookId", "lane") WHERE "isHead";
-- The next of a lane, what can be begun, and what may have lost its run.
CREATE INDEX "WebhookDelivery_lane_idx" ON "WebhookDelivery"("webhookId", "lane", "eventId") WHERE "state" = 'waiting';
CREATE INDEX "WebhookDelivery_ready_idx" ON "WebhookDelivery"("webhookId", "eventId" NULLS FIRST) WHERE "isHead" AND "state" = 'waiting';
CREATE INDEX "WebhookDelivery_check_idx" ON "WebhookDelivery"("checkAt") WHERE "state" IN ('sending', 'retrying');
-- The oldest that is undelivered; what is kept no longer.
CREATE INDEX "WebhookDelivery_undelivered_idx" ON "WebhookDelivery"("webhookId", "eventId") WHERE "endedAt" IS NULL;
CREATE INDEX "WebhookDelivery_endedAt_idx" ON "WebhookDelivery"("endedAt") WHERE "endedAt" IS NOT NULL;
-- Its page, newest first.
CREATE INDEX "WebhookDelivery_webhookId_createdAt_id_idx" ON "WebhookDelivery"("webhookId", "createdAt", "id");
CREATE INDEX "WebhookDelivery_webhookId_state_createdAt_id_idx" ON "WebhookDelivery"("webhookId", "state", "createdAt", "id");

-- A webhook that is made wakes those who hand events out, as one that goes on does: by the same notification.
CREATE FUNCTION "tell_webhook"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    PERFORM pg_advisory_xact_lock(hashtextextended('freeflow.events', 0));
    INSERT INTO "Event" ("type", "data") VALUES ('webhook.' || NEW."state", jsonb_build_object('webhookId', NEW."id", 'url', NEW."url")
      || CASE NEW."state" WHEN 'disabled' THEN jsonb_build_object('reason', NEW."disabledReason", 'by', NEW."disabledBy") ELSE '{}' END);
  END IF;
  PERFORM pg_notify('freeflow_events', '');
  RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER "Webhook_event_update" AFTER UPDATE ON "Webhook" DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW."state" <> OLD."state") EXECUTE FUNCTION "tell_webhook"();
CREATE CONSTRAINT TRIGGER "Webhook_event_insert" AFTER INSERT ON "Webhook" DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION "tell_webhook"();

-- As before, but that an event which an enabled webhook has not got yet stays for as long again.
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
   USING (SELECT "id", "at" FROM "Event" ORDER BY "id" LIMIT p_most) oldest
   WHERE e."id" = oldest."id" AND oldest."at" < clock_timestamp() - make_interval(days => p_days)
     AND (undelivered IS NULL OR e."id" < undelivered OR oldest."at" < clock_timestamp() - make_interval(days => 2 * p_days))
     AND e."id" < (SELECT max("id") FROM "Event");
  GET DIAGNOSTICS deleted = ROW_COUNT;
  PERFORM set_config('freeflow.expires_events', 'off', true);
  RETURN deleted;
END
$$;

-- Deletes deliveries that ended more than so many days ago, a batch at a time; returns how many.
CREATE FUNCTION "expire_webhook_deliveries"(p_days integer, p_most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  deleted integer;
  -- Not in the statement: no index is searched by what may be another moment for each row.
  ended_before timestamptz := clock_timestamp() - make_interval(days => p_days);
BEGIN
  IF p_days IS NULL OR p_days < 1 THEN
    RAISE EXCEPTION 'deliveries are kept for a day at least' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  DELETE FROM "WebhookDelivery" WHERE "id" = ANY (ARRAY(
    SELECT "id" FROM "WebhookDelivery" WHERE "endedAt" < ended_before ORDER BY "endedAt" LIMIT p_most));
  GET DIAGNOSTICS deleted = ROW_COUNT;
  RETURN deleted;
END
$$;
REVOKE ALL ON FUNCTION "expire_webhook_deliveries"(integer, integer) FROM PUBLIC;
