-- An event may be about an upgrade of the fleet: then it is of no tenant.
-- compatible: the constraint below allows all that this one has allowed
ALTER TABLE "Event" DROP CONSTRAINT "Event_subject_check";
-- compatible: what the release before writes, it writes of tenants and webhooks as ever
ALTER TABLE "Event" ADD CONSTRAINT "Event_subject_check"
  CHECK (("tenantId" IS NULL) = ("type" LIKE 'webhook.%' OR "type" LIKE 'fleet.%') AND ("tenantId" IS NULL) = ("tenantName" IS NULL));

-- Tells that an upgrade of the fleet has begun, pauses, goes on, or has ended. What becomes of each tenant is told by its own operation.
CREATE FUNCTION "tell_fleet"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET lock_timeout = '20s' AS $$
DECLARE
  what text := CASE
    WHEN TG_OP = 'INSERT' THEN 'started'
    WHEN OLD."endedAt" IS NULL AND NEW."endedAt" IS NOT NULL THEN 'ended'
    WHEN OLD."state" <> 'paused' AND NEW."state" = 'paused' THEN 'paused'
    WHEN NEW."state" = 'running' AND (OLD."state" = 'paused' OR OLD."endedAt" IS NOT NULL AND NEW."endedAt" IS NULL) THEN 'resumed'
  END;
  told jsonb := jsonb_build_object('upgradeId', NEW."id", 'version', NEW."version");
BEGIN
  IF what IS NULL THEN
    RETURN NULL;
  END IF;
  IF what = 'started' THEN
    told := told || jsonb_build_object('by', NEW."requestedBy", 'tenants', (SELECT count(*) FROM "FleetTenant" WHERE "upgradeId" = NEW."id"));
  ELSIF what = 'paused' THEN
    told := told || jsonb_build_object('reason', NEW."reason");
  ELSIF what = 'ended' THEN
    told := told || jsonb_build_object('state', NEW."state", 'counts', (
      SELECT jsonb_build_object('done', count(*) FILTER (WHERE "state" = 'done'), 'failed', count(*) FILTER (WHERE "state" = 'failed'),
                                'left', count(*) FILTER (WHERE "state" = 'left'), 'cancelled', count(*) FILTER (WHERE "state" = 'cancelled'))
        FROM "FleetTenant" WHERE "upgradeId" = NEW."id"));
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('freeflow.events', 0));
  INSERT INTO "Event" ("type", "data") VALUES ('fleet.upgrade-' || what, told);
  RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION "tell_fleet"() FROM PUBLIC;
-- compatible: the release before tells an event of a type that it does not know as any other
CREATE CONSTRAINT TRIGGER "FleetUpgrade_event_insert" AFTER INSERT ON "FleetUpgrade" DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION "tell_fleet"();
-- compatible: the same as of the trigger above
CREATE CONSTRAINT TRIGGER "FleetUpgrade_event_update" AFTER UPDATE ON "FleetUpgrade" DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW."state" IS DISTINCT FROM OLD."state" OR NEW."endedAt" IS DISTINCT FROM OLD."endedAt") EXECUTE FUNCTION "tell_fleet"();
