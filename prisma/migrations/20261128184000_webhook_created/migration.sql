-- That a webhook is made is told as well: whoever follows what the others do sees a new receiver of all events.
CREATE FUNCTION "tell_webhook_created"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET lock_timeout = '20s' AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('freeflow.events', 0));
  INSERT INTO "Event" ("type", "data") VALUES ('webhook.created',
    jsonb_build_object('webhookId', NEW."id", 'url', NEW."url", 'eventTypes', NEW."eventTypes", 'by', NEW."createdBy"));
  RETURN NULL;
END
$$;
-- compatible: the release before tells an event of a type that it does not know as any other
CREATE CONSTRAINT TRIGGER "Webhook_event_insert" AFTER INSERT ON "Webhook" DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION "tell_webhook_created"();
