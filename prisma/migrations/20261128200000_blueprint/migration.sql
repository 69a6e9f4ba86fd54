-- What new tenants begin with, and how far each tenant has it.
CREATE TABLE "Blueprint" (
  "id" UUID NOT NULL DEFAULT gen_random_uuid(),
  "version" INTEGER NOT NULL CONSTRAINT "Blueprint_version_check" CHECK ("version" > 0),
  "checksum" TEXT NOT NULL,
  "files" JSONB NOT NULL,
  "publishedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT "Blueprint_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "Blueprint_version_key" ON "Blueprint"("version");

CREATE TABLE "TenantBlueprintFile" (
  "id" UUID NOT NULL DEFAULT gen_random_uuid(),
  "tenantId" UUID NOT NULL,
  "backend" "BackendKind" NOT NULL,
  "path" TEXT NOT NULL,
  "checksum" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "token" UUID NOT NULL,
  "appliedAt" TIMESTAMPTZ(3),
  "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT "TenantBlueprintFile_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "TenantBlueprintFile_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "TenantBlueprintFile_tenantId_path_key" ON "TenantBlueprintFile"("tenantId", "path");
-- Whether an edited file was applied anywhere.
CREATE INDEX "TenantBlueprintFile_path_checksum_idx" ON "TenantBlueprintFile"("path", "checksum");

ALTER TABLE "Tenant" ADD COLUMN "blueprintVersion" INTEGER;
ALTER TABLE "TenantOperation" ADD COLUMN "blueprintVersion" INTEGER;
-- Whether a version was given to anybody.
CREATE INDEX "TenantOperation_blueprintVersion_idx" ON "TenantOperation"("blueprintVersion") WHERE "blueprintVersion" IS NOT NULL;
