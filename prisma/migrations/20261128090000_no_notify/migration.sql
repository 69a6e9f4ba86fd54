-- As before, but that nobody is woken: whoever follows looks for events by itself. NOTIFY has one queue, and one lock until the end of each commit,
-- for all databases of a server, and every role may use both: a tenant that fills the queue, or that notifies all day, would fail or hold up every
-- commit here.
-- https://www.postgresql.org/docs/current/sql-notify.html ("If this queue becomes full, transactions calling NOTIFY will fail at commit.")
-- The turn is waited for so long, then the change fails for certain: statement_timeout does not count in a commit, and a client that gave up first
-- would not know whether it took effect.
CREATE OR REPLACE FUNCTION "add_event"(p_type text, p_tenant uuid, p_operation uuid, p_data jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp SET lock_timeout = '20s' AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('freeflow.events', 0));
  INSERT INTO "Event" ("type", "tenantId", "tenantName", "operationId", "data")
  SELECT p_type, p_tenant, t."name", p_operation, p_data FROM "Tenant" t WHERE t."id" = p_tenant;
END
$$;

-- The same of webhooks. One that is made is found by those who hand out, as all else they have to do.
DROP TRIGGER "Webhook_event_insert" ON "Webhook";
CREATE OR REPLACE FUNCTION "tell_webhook"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET lock_timeout = '20s' AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('freeflow.events', 0));
  INSERT INTO "Event" ("type", "data") VALUES ('webhook.' || NEW."state", jsonb_build_object('webhookId', NEW."id", 'url', NEW."url")
    || CASE NEW."state" WHEN 'disabled' THEN jsonb_build_object('reason', NEW."disabledReason", 'by', NEW."disabledBy") ELSE '{}' END);
  RETURN NULL;
END
$$;
