-- A worker of before "callEffect" announces and clears its calls without it: what stands there would then be said of a call that has
-- another effect. So a call's effect never outlives the call, whoever writes; what is written with a new call stays where there was none before.
UPDATE "TenantResource" SET "callEffect" = NULL WHERE "callEffect" IS NOT NULL AND "callStartedAt" IS NULL;

CREATE FUNCTION "forget_call_effect"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW."callEffect" := NULL;
  RETURN NEW;
END
$$;

CREATE TRIGGER "TenantResource_callEffect" BEFORE UPDATE ON "TenantResource" FOR EACH ROW
  WHEN (OLD."callEffect" IS NOT NULL AND NEW."callStartedAt" IS DISTINCT FROM OLD."callStartedAt") EXECUTE FUNCTION "forget_call_effect"();
