-- Credentials are changed while a tenant works: for a time two of them are valid.

-- compatible: the previous release requests neither, and its workers leave alone what they don't know.
ALTER TYPE "OperationKind" ADD VALUE 'rotate';
-- compatible: as above, the previous release neither requests nor does it.
ALTER TYPE "OperationKind" ADD VALUE 'retire';

-- Of a rotation: at which backend alone, and for how long the credentials before stay valid.
ALTER TABLE "TenantOperation" ADD COLUMN "onlyAt" "BackendKind";
ALTER TABLE "TenantOperation" ADD COLUMN "overlapS" INTEGER;
-- As text: a transaction can't use a value that it has just added to an enum.
-- compatible: the previous release leaves both columns empty, and requests no rotation.
ALTER TABLE "TenantOperation" ADD CONSTRAINT "TenantOperation_rotation_check" CHECK (
  ("kind"::text = 'rotate') = ("overlapS" IS NOT NULL) AND ("kind"::text = 'rotate' OR "onlyAt" IS NULL) AND "overlapS" >= 0);

-- Which version is the one that is handed out; which is being made, and how it is called there; which end, and when.
ALTER TABLE "TenantResource" ADD COLUMN "credential" INTEGER NOT NULL DEFAULT 1;
ALTER TABLE "TenantResource" ADD COLUMN "nextCredential" INTEGER;
ALTER TABLE "TenantResource" ADD COLUMN "nextUsername" TEXT;
ALTER TABLE "TenantResource" ADD COLUMN "retiring" INTEGER[] NOT NULL DEFAULT '{}';
ALTER TABLE "TenantResource" ADD COLUMN "overlapUntil" TIMESTAMPTZ(3);
ALTER TABLE "TenantResource" ADD COLUMN "rotatedAt" TIMESTAMPTZ(3);
ALTER TABLE "TenantResource" ADD COLUMN "rotatedBy" UUID;

-- What a sweep looks for: the few that end.
CREATE INDEX "TenantResource_overlap_idx" ON "TenantResource"("overlapUntil") WHERE "overlapUntil" IS NOT NULL;
-- And those whose turn it is, oldest first.
CREATE INDEX "TenantResource_rotated_idx" ON "TenantResource"((coalesce("rotatedAt", "createdAt")));
