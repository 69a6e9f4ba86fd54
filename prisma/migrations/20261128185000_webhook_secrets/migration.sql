-- What is sealed of a webhook may be replaced: where it is sent to, and by what it is signed. Each is a row of its own beside the first one, which has
-- both; the API, which may read neither, adds one, and this database retires those before it.
ALTER TABLE "WebhookSecret" ADD COLUMN "retiresAt" TIMESTAMPTZ(3);
CREATE TABLE "WebhookReplacement" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "webhookId" UUID NOT NULL,
    "part" TEXT NOT NULL,
    "keyId" TEXT NOT NULL,
    "sealed" BYTEA NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "overlapS" INTEGER NOT NULL DEFAULT 0,
    "retiresAt" TIMESTAMPTZ(3),
    CONSTRAINT "WebhookReplacement_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "WebhookReplacement_webhookId_fkey" FOREIGN KEY ("webhookId") REFERENCES "Webhook"("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "WebhookReplacement_part_check" CHECK ("part" IN ('secret', 'target')),
    CONSTRAINT "WebhookReplacement_overlap_check" CHECK ("overlapS" BETWEEN 0 AND 604800 AND ("overlapS" = 0 OR "part" = 'secret'))
);
CREATE UNIQUE INDEX "WebhookReplacement_current_key" ON "WebhookReplacement"("webhookId", "part") WHERE "retiresAt" IS NULL;
CREATE INDEX "WebhookReplacement_webhookId_idx" ON "WebhookReplacement"("webhookId");
CREATE INDEX "WebhookReplacement_retiresAt_idx" ON "WebhookReplacement"("retiresAt") WHERE "retiresAt" IS NOT NULL;

-- Those before it go, or sign beside it for as long as they are to: the first and the last two of them, since each adds to the header. In the rights of the owner:
-- the API may add one, and no more.
CREATE FUNCTION "retire_webhook_secrets"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  NEW."retiresAt" := NULL;
  NEW."createdAt" := clock_timestamp();
  DELETE FROM "WebhookReplacement" WHERE "id" IN (
    SELECT "id" FROM "WebhookReplacement" WHERE "webhookId" = NEW."webhookId" AND "part" = NEW."part"
     ORDER BY "createdAt" DESC OFFSET CASE NEW."overlapS" WHEN 0 THEN 0 ELSE 2 END);
  UPDATE "WebhookReplacement" SET "retiresAt" = least("retiresAt", clock_timestamp() + make_interval(secs => NEW."overlapS"))
   WHERE "webhookId" = NEW."webhookId" AND "part" = NEW."part";
  IF NEW."part" = 'secret' THEN
    UPDATE "WebhookSecret" SET "retiresAt" = least("retiresAt", clock_timestamp() + make_interval(secs => NEW."overlapS"))
     WHERE "id" = NEW."webhookId";
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "WebhookReplacement_retire" BEFORE INSERT ON "WebhookReplacement" FOR EACH ROW EXECUTE FUNCTION "retire_webhook_secrets"();

-- Tells a change of a webhook, whoever makes it and by whatever statement; once, also where several statements of a transaction make it.
CREATE FUNCTION "add_webhook_event"(p_type text, p_webhook uuid, p_data jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp SET lock_timeout = '20s' AS $$
DECLARE
  told jsonb := (SELECT jsonb_build_object('webhookId', w."id", 'url', w."url") || p_data FROM "Webhook" w WHERE w."id" = p_webhook);
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('freeflow.events', 0));
  INSERT INTO "Event" ("type", "data")
  SELECT p_type, told
   WHERE told IS NOT NULL
     AND NOT EXISTS (SELECT FROM (SELECT "type", "data", xmin AS writer FROM "Event" ORDER BY "id" DESC LIMIT 1) newest
                      WHERE "type" = p_type AND "data" = told AND writer = pg_current_xact_id()::xid);
END
$$;
REVOKE ALL ON FUNCTION "add_webhook_event"(text, uuid, jsonb) FROM PUBLIC;

CREATE FUNCTION "tell_webhook_replacement"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW."part" = 'secret' THEN
    PERFORM "add_webhook_event"('webhook.secret-rotated', NEW."webhookId", jsonb_build_object('overlapSeconds', NEW."overlapS"));
  ELSE
    PERFORM "add_webhook_event"('webhook.updated', w."id", jsonb_build_object('eventTypes', w."eventTypes")) FROM "Webhook" w WHERE w."id" = NEW."webhookId";
  END IF;
  RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER "WebhookReplacement_event" AFTER INSERT ON "WebhookReplacement" DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION "tell_webhook_replacement"();

-- That it is sent to another server. What the trigger of 20261128141000 tells of it is told once.
CREATE FUNCTION "tell_webhook_url"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM "add_webhook_event"('webhook.updated', NEW."id", jsonb_build_object('eventTypes', NEW."eventTypes"));
  RETURN NULL;
END
$$;
-- compatible: the release before changes the URL of no webhook, so it never fires for it
CREATE CONSTRAINT TRIGGER "Webhook_event_url" AFTER UPDATE ON "Webhook" DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW."url" <> OLD."url") EXECUTE FUNCTION "tell_webhook_url"();

-- As before, but that what has replaced the first secret goes with it, and replaced ones that sign no more.
-- compatible: called as before, it deletes more of what only this release writes
CREATE OR REPLACE FUNCTION "expire_deleted_webhooks"(p_most integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  removed uuid := (SELECT "id" FROM "Webhook" WHERE "deletedAt" IS NOT NULL ORDER BY "deletedAt" LIMIT 1);
  now_is timestamptz := clock_timestamp();
  deleted integer;
BEGIN
  DELETE FROM "WebhookReplacement" WHERE "retiresAt" < now_is;
  IF removed IS NULL THEN
    RETURN false;
  END IF;
  DELETE FROM "WebhookSecret" WHERE "id" IN (SELECT "id" FROM "Webhook" WHERE "deletedAt" IS NOT NULL);
  DELETE FROM "WebhookReplacement" WHERE "webhookId" IN (SELECT "id" FROM "Webhook" WHERE "deletedAt" IS NOT NULL);
  DELETE FROM "WebhookDelivery" WHERE "id" = ANY (ARRAY(SELECT "id" FROM "WebhookDelivery" WHERE "webhookId" = removed LIMIT p_most));
  GET DIAGNOSTICS deleted = ROW_COUNT;
  IF deleted < p_most THEN
    DELETE FROM "Webhook" WHERE "id" = removed;
  END IF;
  RETURN EXISTS (SELECT FROM "Webhook" WHERE "deletedAt" IS NOT NULL);
END
$$;
