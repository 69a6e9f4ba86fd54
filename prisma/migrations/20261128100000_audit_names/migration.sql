-- Whose secret an application has read stands by name as well, looked up in the rights of the owner: its login may read TenantSecret and add to
-- AuditEvent, and needs to read no tenant for it.
CREATE FUNCTION "name_audited_tenant"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  SELECT t."name" INTO NEW."tenantName" FROM "Tenant" t WHERE t."id" = NEW."tenantId";
  RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION "name_audited_tenant"() FROM PUBLIC;
CREATE TRIGGER "AuditEvent_name" BEFORE INSERT ON "AuditEvent" FOR EACH ROW
  WHEN (NEW."action" = 'secrets.resolve' AND NEW."tenantName" IS NULL AND NEW."tenantId" IS NOT NULL)
  EXECUTE FUNCTION "name_audited_tenant"();
