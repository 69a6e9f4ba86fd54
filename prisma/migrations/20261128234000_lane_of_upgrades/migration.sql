-- Events of the fleet are of no tenant and no webhook. A worker of the release before has no lane for them, and would not get past one: an upgrade is a lane of its own.
CREATE FUNCTION "lane_of_upgrade"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  NEW."lane" := coalesce((SELECT ("data" ->> 'upgradeId')::uuid FROM "Event" WHERE "id" = NEW."eventId"), gen_random_uuid());
  NEW."isHead" := NOT EXISTS (SELECT FROM "WebhookDelivery" h WHERE h."webhookId" = NEW."webhookId" AND h."lane" = NEW."lane" AND h."isHead");
  RETURN NEW;
END
$$;
-- compatible: what has a lane is written as ever
CREATE TRIGGER "WebhookDelivery_lane" BEFORE INSERT ON "WebhookDelivery" FOR EACH ROW WHEN (NEW."lane" IS NULL) EXECUTE FUNCTION "lane_of_upgrade"();
