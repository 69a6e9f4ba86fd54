-- A file that an attempt has begun to apply: until it is known to be applied, or to have left nothing, it may be there. After a crash and an
-- abort nobody else would know.
ALTER TABLE "TenantBlueprintFile" ADD COLUMN "begunAt" TIMESTAMPTZ(3);
