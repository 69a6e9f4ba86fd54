-- Tenants have a plan, by which their resources are limited at every backend.
-- compatible: the release before asks for no such operation, and its workers take none: nothing but a PATCH of the new API makes one
ALTER TYPE "OperationKind" ADD VALUE 'change_plan';
ALTER TABLE "Tenant" ADD COLUMN "plan" TEXT;
ALTER TABLE "TenantOperation" ADD COLUMN "plan" TEXT;
ALTER TABLE "TenantResource" ADD COLUMN "limitsBefore" JSONB;
-- As text: a transaction can't use a value that it has just added to an enum.
-- compatible: the release before writes no plan
ALTER TABLE "TenantOperation" ADD CONSTRAINT "TenantOperation_plan_check" CHECK ("plan" IS NULL OR "kind"::text = 'change_plan');

-- As before, but that a plan that has changed is told like all else that an administrator sets.
-- compatible: the event has another name in a list that readers take as it is
CREATE OR REPLACE FUNCTION "tell_tenant"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  changed text[];
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM "add_event"('tenant.created', NEW."id", NULL, jsonb_build_object('status', NEW."status"));
    RETURN NULL;
  END IF;
  IF NEW."status" <> OLD."status" THEN
    PERFORM "add_event"('tenant.status-changed', NEW."id", NULL, jsonb_build_object('from', OLD."status", 'to', NEW."status"));
  END IF;
  SELECT array_agg(field.key ORDER BY field.key) INTO changed
    FROM jsonb_each(to_jsonb(NEW)) field
   WHERE field.key IN ('displayName', 'externalId', 'labels', 'deletionProtected', 'holdUntil', 'holdReason', 'plan')
     AND field.value IS DISTINCT FROM to_jsonb(OLD) -> field.key;
  IF changed IS NOT NULL THEN
    PERFORM "add_event"('tenant.updated', NEW."id", NULL, jsonb_build_object('changed', changed));
  END IF;
  IF OLD."goneAt" IS NULL AND NEW."goneAt" IS NOT NULL THEN
    PERFORM "add_event"('tenant.gone', NEW."id", NULL, '{}');
  END IF;
  RETURN NULL;
END
$$;
-- compatible: the release before changes no plan
CREATE CONSTRAINT TRIGGER "Tenant_event_plan" AFTER UPDATE ON "Tenant" DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW."plan" IS DISTINCT FROM OLD."plan" AND NEW."status" = OLD."status"
    AND (OLD."goneAt" IS NULL) = (NEW."goneAt" IS NULL)
    AND (NEW."displayName", NEW."externalId", NEW."labels", NEW."deletionProtected", NEW."holdUntil", NEW."holdReason") IS NOT DISTINCT FROM
        (OLD."displayName", OLD."externalId", OLD."labels", OLD."deletionProtected", OLD."holdUntil", OLD."holdReason"))
  EXECUTE FUNCTION "tell_tenant"();
